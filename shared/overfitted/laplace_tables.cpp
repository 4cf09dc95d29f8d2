#include "overfitted/laplace_tables.h"

#include "base/try.h"
#include "symbols/rans.h"

namespace lic::overfitted {
namespace {

// Of a scale b = exp(-4.5 + i / 8): exp(-1 / (32 b)) in 2^-30, and the support of its tables.
struct Scale {
  uint32_t decay;
  int support;
};
constexpr Scale kScales[kScaleCount] = {
    {64448697, 1},    {89694538, 1},    {120074301, 1},   {155327504, 1},   {194944065, 1},   {238220219, 1},
    {284325880, 1},   {332372810, 1},   {381475636, 1},   {430800881, 1},   {479602069, 1},   {527241204, 1},
    {573198357, 1},   {617071780, 1},   {658571182, 1},   {697506558, 1},   {733774619, 1},   {767344380, 1},
    {798243041, 1},   {826542892, 2},   {852349672, 2},   {875792562, 2},   {897015844, 2},   {916172132, 2},
    {933417027, 3},   {948905022, 3},   {962786459, 3},   {975205368, 3},   {986298011, 4},   {996191996, 4},
    {1005005817, 5},  {1012848738, 5},  {1019820917, 6},  {1026013699, 7},  {1031510039, 8},  {1036384994, 8},
    {1040706261, 10}, {1044534730, 11}, {1047925039, 12}, {1050926115, 14}, {1053581694, 15}, {1055930808, 17},
    {1058008244, 20}, {1059844969, 22}, {1061468522, 25}, {1062903368, 28}, {1064171226, 32}, {1065291363, 36},
    {1066280860, 41}, {1067154852, 46}, {1067926742, 48}, {1068608396, 48}, {1069210315, 48}, {1069741788, 48},
    {1070211031, 48}, {1070625307, 48}, {1070991038, 48}, {1071313898, 48}, {1071598902, 48}, {1071850480, 48},
    {1072072546, 48}, {1072268557, 48}, {1072441565, 48}, {1072594268, 48},
};

constexpr uint32_t kUnit = 1u << 30;
constexpr int kSteps = 32;  // in which edges of symbols are counted, between one integer and the next
constexpr int kMostSteps = (kMaxLaplaceSupport + 1) * kSteps;
constexpr int kZeroMean = kFractions / 2;
constexpr int kPad = 4;  // entries before and after a table, so that eight around symbol 0 can be looked at together

int Symbols(int support) { return 2 * support + 2; }

// Powers of the decay, which are twice the distribution function.
struct Powers {
  uint32_t power[kMostSteps + 1];

  explicit Powers(uint32_t decay) {
    power[0] = kUnit;
    for (int i = 1; i <= kMostSteps; ++i)
      power[i] = static_cast<uint32_t>((uint64_t{power[i - 1]} * decay + (kUnit >> 1)) >> 30);
  }
  uint32_t DistributionAt(int steps) const { return steps <= 0 ? power[-steps] >> 1 : kUnit - (power[steps] >> 1); }
};

// `to` gets the starts of all symbols and the total.
void FillStarts(const Powers& powers, int support, int fraction, uint16_t* to) {
  const int symbols = Symbols(support);
  const auto edge = [&](int i) { return kSteps * (i - support) - kSteps / 2 - 2 * (fraction - kZeroMean); };
  const uint32_t first = powers.DistributionAt(edge(0));
  for (int i = 0; i < symbols; ++i) {
    const uint64_t mass = powers.DistributionAt(edge(i)) - first;
    to[i] = static_cast<uint16_t>(i + ((mass * (kRansTotal - symbols)) >> 30));
  }
  to[symbols] = static_cast<uint16_t>(kRansTotal);
}

size_t EntriesOfAll() {
  size_t entries = 0;
  for (const Scale& scale : kScales) entries += size_t{kFractions} * (Symbols(scale.support) + 1 + 2 * kPad);
  return entries;
}

}  // namespace

int LaplaceTables::Support(int table) { return kScales[table / kFractions].support; }

Status LaplaceTables::Fill() {
  LIC_TRY(four, Buffer<FourStarts>::Create(kScaleCount * kFractions));
  LIC_TRY(offset, Buffer<uint32_t>::Create(kScaleCount * kFractions));
  LIC_TRY(starts, Buffer<uint16_t>::Create(EntriesOfAll()));
  uint32_t at = 0;
  for (int scale = 0; scale < kScaleCount; ++scale) {
    const int support = kScales[scale].support, entries = Symbols(support) + 1;
    const Powers powers(kScales[scale].decay);
    for (int fraction = 0; fraction < kFractions; ++fraction) {
      uint16_t* to = starts.data() + at + kPad;
      FillStarts(powers, support, fraction, to);
      for (int i = 0; i < kPad; ++i) to[entries + i] = static_cast<uint16_t>(kRansTotal);
      const int table = scale * kFractions + fraction;
      offset[table] = at + kPad + support;
      for (int i = 0; i < 4; ++i) four[table].start[i] = to[support - 1 + i];
      at += entries + 2 * kPad;
    }
    ResidualTable& zero_mean = residual[scale];
    zero_mean.support = support;
    LIC_TRY(zero_mean.cumulative, Buffer<uint16_t>::Create(entries));
    std::copy_n(StartsFrom0(scale * kFractions + kZeroMean) - support, entries, zero_mean.cumulative.begin());
  }
  return {};
}

}  // namespace lic::overfitted
