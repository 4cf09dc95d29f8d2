// The context program, run pass by pass.
#pragma once

#include "integer_network.h"

namespace lic {

// A pass uses, at each position, only the outputs of the group that it codes there. Where the program ends with a 1x1
// convolution, as ours do, that layer is split into one for each group, and only the due one is computed.
class ContextNetwork {
 public:
  // `model` must outlive the network.
  static Result<ContextNetwork> Build(const EntropyModel& model);

  // Means and scale indices of what `pass` codes: (height, width, 2 * group size), first the means of the position's group, then its scale
  // indices. Undefined where the pass codes nothing.
  Status Run(const IntegerPlane& context, const IntegerPlane& features, uint32_t pass, IntegerPlane& parameters);

 private:
  Status RunHead(uint32_t group, uint32_t position_class, uint32_t pass, IntegerPlane& parameters);
  void PickGroup(uint32_t group, uint32_t position_class, IntegerPlane& parameters) const;

  const EntropyModel* model_ = nullptr;
  uint32_t group_size_ = 0;
  IntegerNetwork trunk_;
  std::vector<IntegerLayer> head_layers_;  // one a group, or none if the last layer could not be split
  std::vector<IntegerNetwork> heads_;
  IntegerPlane hidden_;                    // what the trunk gives
  IntegerPlane gathered_;                  // its values at the positions of one class, (1, positions, channels)
  IntegerPlane result_;                    // (1, positions, 2 * group size)
};

}  // namespace lic
