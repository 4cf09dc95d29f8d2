#include "autoencoder/context_network.h"

#include <algorithm>

#include "base/try.h"

namespace lic {
namespace {

// Rows [first, first + count) of a convolution, appended to `part` as rows from `at`.
void CopyOutputs(const IntegerLayer& layer, uint32_t first, uint32_t count, IntegerLayer& part, uint32_t at) {
  const size_t in = layer.in_channels;
  std::copy_n(layer.multiplier.data() + first, count, part.multiplier.data() + at);
  std::copy_n(layer.weight.data() + first * in, count * in, part.weight.data() + at * in);
  for (size_t set = 0; set < layer.bias_sets; ++set) {
    std::copy_n(layer.bias.data() + set * layer.out_channels + first, count,
                part.bias.data() + set * part.out_channels + at);
  }
}

// The outputs of the last layer that belong to a group: its means, then its scale indices.
Result<IntegerLayer> TakeGroup(const IntegerLayer& layer, uint32_t group, uint32_t group_size) {
  IntegerLayer part;
  part.op = layer.op;
  part.kernel = layer.kernel;
  part.in_channels = layer.in_channels;
  part.out_channels = 2 * group_size;
  part.shift = layer.shift;
  part.lo = layer.lo;
  part.hi = layer.hi;
  part.bias_sets = layer.bias_sets;
  LIC_TRY(part.multiplier, Buffer<int32_t>::Create(part.out_channels));
  LIC_TRY(part.bias, Buffer<int32_t>::Create(size_t{part.bias_sets} * part.out_channels));
  LIC_TRY(part.weight, Buffer<int8_t>::Create(size_t{part.out_channels} * part.in_channels));
  CopyOutputs(layer, group * group_size, group_size, part, 0);
  CopyOutputs(layer, layer.out_channels / 2 + group * group_size, group_size, part, group_size);
  return part;
}

// Calls visit(position) for the positions of one class of a plane.
template <class Visitor>
void VisitClass(const IntegerPlane& plane, uint32_t position_class, Visitor visit) {
  for (size_t y = position_class / 2; y < plane.height; y += 2) {
    for (size_t x = position_class % 2; x < plane.width; x += 2) visit(y * plane.width + x);
  }
}

}  // namespace

Result<ContextNetwork> ContextNetwork::Create(const EntropyModel& model) {
  ContextNetwork network;
  network.model_ = &model;
  network.group_size_ = model.latent_channels / model.groups;
  std::span<const IntegerLayer> layers = model.context.layers;
  const IntegerLayer& last = layers.back();
  if (last.op == Op::kConvolution && last.kernel == 1) {
    layers = layers.first(layers.size() - 1);
    network.head_layers_.reserve(model.groups);
    for (uint32_t group = 0; group < model.groups; ++group) {
      LIC_TRY(auto head, TakeGroup(last, group, network.group_size_));
      network.head_layers_.push_back(std::move(head));
      LIC_TRY(auto built, IntegerNetwork::Create({&network.head_layers_.back(), 1}));
      network.heads_.push_back(std::move(built));
    }
  }
  LIC_TRY(network.trunk_, IntegerNetwork::Create(layers));
  return network;
}

// Gathers what the head of a group gets: the positions of the present class. There may be none.
Status ContextNetwork::StartHead(uint32_t group) {
  const uint32_t rows = (hidden_.height + 1 - class_ / 2) / 2, columns = (hidden_.width + 1 - class_ % 2) / 2;
  if (rows == 0 || columns == 0) return {};
  LIC_CHECK(gathered_.Reshape(rows, columns, hidden_.channels));
  size_t to = 0;
  VisitClass(hidden_, class_,
             [&](size_t position) { std::copy_n(hidden_.at(position), hidden_.channels, gathered_.at(to++)); });
  heads_[group].Start(gathered_, nullptr, pass_);
  in_head_ = true;
  return {};
}

Status ContextNetwork::EndHead(uint32_t group) {
  LIC_CHECK(heads_[group].TakeOutput(result_));
  size_t from = 0;
  VisitClass(*parameters_, class_,
             [&](size_t position) { std::copy_n(result_.at(from++), result_.channels, parameters_->at(position)); });
  in_head_ = false;
  return {};
}

void ContextNetwork::PickGroup(uint32_t group) {
  VisitClass(*parameters_, class_, [&](size_t position) {
    const int16_t* means = hidden_.at(position) + group * group_size_;
    std::copy_n(means, group_size_, parameters_->at(position));
    std::copy_n(means + model_->latent_channels, group_size_, parameters_->at(position) + group_size_);
  });
}

Status ContextNetwork::Start(const IntegerPlane& context, const IntegerPlane& features, uint32_t pass,
                             IntegerPlane& parameters) {
  parameters_ = &parameters;
  pass_ = pass;
  in_trunk_ = true;
  in_head_ = false;
  class_ = 0;
  trunk_.Start(context, &features, pass);
  return parameters.Reshape(context.height, context.width, 2 * group_size_);
}

Status ContextNetwork::Step(int64_t& work) {
  do {
    if (in_trunk_) {
      LIC_CHECK(trunk_.Step(work));
      if (!trunk_.done()) continue;
      LIC_CHECK(trunk_.TakeOutput(hidden_));
      in_trunk_ = false;
    }
    if (done()) return {};
    const uint8_t group = model_->group[pass_][class_];
    if (in_head_) {
      LIC_CHECK(heads_[group].Step(work));
      if (!heads_[group].done()) continue;
      LIC_CHECK(EndHead(group));
    } else if (group != kNoGroup) {
      if (heads_.empty()) {
        PickGroup(group);
      } else {
        LIC_CHECK(StartHead(group));
      }
    }
    if (!in_head_) ++class_;
  } while (work > 0);
  return {};
}

Status ContextNetwork::Run(const IntegerPlane& context, const IntegerPlane& features, uint32_t pass,
                           IntegerPlane& parameters) {
  int64_t work = INT64_MAX;
  LIC_CHECK(Start(context, features, pass, parameters));
  while (!done()) LIC_CHECK(Step(work));
  return {};
}

}  // namespace lic
