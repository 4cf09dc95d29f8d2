// The context program, run pass by pass.
#pragma once

#include "integer/integer_network.h"
#include "model/model.h"

namespace lic {

// A pass uses, at each position, only the outputs of the group that it codes there. Where the program ends with a 1x1
// convolution, as ours do, that layer is split into one for each group, and only the due one is computed.
class ContextNetwork {
 public:
  // `model` must outlive the network.
  static Result<ContextNetwork> Create(const EntropyModel& model);

  // Means and scale indices of what `pass` codes: (height, width, 2 * group size), first the means of the position's
  // group, then its scale indices. Undefined where the pass codes nothing.
  Status Run(const IntegerPlane& context, const IntegerPlane& features, uint32_t pass, IntegerPlane& parameters);

  // The same in steps: Start, then Step until done(). The planes must outlive the steps, and `parameters` must stay
  // where it is.
  Status Start(const IntegerPlane& context, const IntegerPlane& features, uint32_t pass, IntegerPlane& parameters);
  // As IntegerNetwork::Step.
  Status Step(int64_t& work);
  bool done() const { return class_ == kClassCount; }

 private:
  static constexpr uint32_t kClassCount = 4;

  Status StartHead(uint32_t group);
  Status EndHead(uint32_t group);
  void PickGroup(uint32_t group);

  const EntropyModel* model_ = nullptr;
  uint32_t group_size_ = 0;
  IntegerNetwork trunk_;
  std::vector<IntegerLayer> head_layers_;  // one a group, or none if the last layer could not be split
  std::vector<IntegerNetwork> heads_;
  IntegerPlane hidden_;    // what the trunk gives
  IntegerPlane gathered_;  // its values at the positions of one class, (1, positions, channels)
  IntegerPlane result_;    // (1, positions, 2 * group size)

  // Where a run in steps stands: in the trunk, then in the head of each class.
  IntegerPlane* parameters_ = nullptr;
  uint32_t pass_ = 0;
  bool in_trunk_ = true;
  bool in_head_ = false;
  uint32_t class_ = kClassCount;
};

}  // namespace lic
