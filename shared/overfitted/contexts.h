// Which latents are the contexts of a latent, in their order (docs/format.md#contexts). Decoders and the descent of an
// encoder lay them out in their own ways.
#pragma once

#include "overfitted/architecture.h"

namespace lic::overfitted {

// Where a context of the same grid lies, from its latent.
struct SpatialContext {
  int row, column;
};
inline constexpr SpatialContext kSpatialContexts[kMaxSpatial] = {
    {0, -1},  {-1, 0}, {-1, -1}, {-1, 1}, {0, -2},  {-2, 0},  {-1, -2}, {-2, 1},
    {-2, -1}, {-3, 0}, {0, -3},  {-2, 2}, {-2, -2}, {-1, -3}, {-3, 1},  {-3, -1}};

// Where a context of other grids lies.
enum class CoarserContext : uint8_t {
  kParent,
  kGrandparent,
  kNearVertical,
  kNearHorizontal,
  kFarVertical,
  kFarHorizontal,
  kSamePlaceOf0,
  kSamePlaceOf1,
};
inline constexpr CoarserContext kCoarserContexts[kMaxChains][kMaxCoarser] = {
    {CoarserContext::kParent, CoarserContext::kGrandparent, CoarserContext::kNearVertical,
     CoarserContext::kNearHorizontal, CoarserContext::kFarVertical, CoarserContext::kFarHorizontal},
    {CoarserContext::kParent, CoarserContext::kSamePlaceOf0, CoarserContext::kGrandparent,
     CoarserContext::kNearVertical, CoarserContext::kNearHorizontal, CoarserContext::kFarVertical},
    {CoarserContext::kParent, CoarserContext::kSamePlaceOf0, CoarserContext::kSamePlaceOf1,
     CoarserContext::kNearVertical, CoarserContext::kNearHorizontal, CoarserContext::kGrandparent},
};

}  // namespace lic::overfitted
