// Describes the outcome of quality assurance for people and for programs.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "native/assurance/qa_encode.h"

namespace lic::native {

// "3 of 96 tiles (shift, error), the worst at 128,64: shift 2.3 times the limit"
std::string AlarmText(const Judgement& judgement);

// Says in one line what is wrong at the quality that was asked for, and what was done. The actions are "none" (no
// alarm), "raised" (a higher quality), "best" (the highest quality, which is not enough either), "png" (a PNG was
// written) and "fail" (nothing was written).
std::string WarningText(const QaEncoding& encoding, float quality, const std::string& action);

// At most this many tiles are listed, the worst first.
inline constexpr size_t kMaxListedTiles = 64;
nlohmann::ordered_json QaFields(const QaEncoding& encoding, float quality, const std::string& action);

}  // namespace lic::native
