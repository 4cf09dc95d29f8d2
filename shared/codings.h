// Which codings a program decodes. codings.cpp has all of them. A program that is to be small links another list,
// without the code of the others.
#pragma once

#include <memory>
#include <span>

#include "coding/picture_decoder.h"

namespace lic {

struct CodingEntry {
  Coding coding;
  Result<std::unique_ptr<PictureDecoder>> (*create)(const DecodingTask& task, const Model* model);
};

std::span<const CodingEntry> Codings();

}  // namespace lic
