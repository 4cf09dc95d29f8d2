// What all exported functions share: how they are exported, and where they leave results.
#pragma once

#include <cstdint>

#include "lic/lic.h"

#define LIC_EXPORT(name) __attribute__((export_name(#name))) name

extern uint32_t words[16];
extern char text[65];

// Remembers the sentence of a failure. Returns its number.
int Report(const lic::Failure& failure);

inline uint32_t Address(const void* pointer) { return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(pointer)); }
