// What an encoder of any coding can do: write a file of a picture that it has analysed, with any quality.
#pragma once

#include "lic/lic.h"

namespace lic {

class PictureEncoder {
 public:
  virtual ~PictureEncoder() = default;

  // Whether other qualities will be asked for after this one.
  enum class Trial : uint8_t { kOneOfSeveral, kLast };
  virtual Result<Buffer<uint8_t>> Encode(uint32_t quality256, Trial trial) = 0;
};

}  // namespace lic
