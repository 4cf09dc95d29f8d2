// Models for JavaScript, and the hash of symbols, which needs one.
#include <new>
#include <utility>

#include "exports.h"

namespace {

void PutHex(const uint8_t* bytes, int count) {
  for (int i = 0; i < count; ++i) {
    text[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
    text[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
  }
  text[2 * count] = 0;
}

}  // namespace

extern "C" {

// Words: the model. wasm_text(): its head hash.
int LIC_EXPORT(wasm_model_load)(const uint8_t* bytes, size_t size) {
  auto loaded = lic::Model::Load({bytes, size});
  if (!loaded.ok()) return Report(loaded.failure());
  PutHex(loaded.value().head_hash().bytes, 8);
  auto* model = new (std::nothrow) lic::Model(std::move(loaded).value());
  if (!model) return Report(lic::Fail(lic::Error::kOutOfMemory, "no memory for a model"));
  words[0] = Address(model);
  return 0;
}

void LIC_EXPORT(wasm_model_release)(lic::Model* model) { delete model; }

// wasm_text(): lic::HashSymbols of a whole file in hexadecimal.
int LIC_EXPORT(wasm_hash_symbols)(const lic::Model* model, const uint8_t* bytes, size_t size) {
  const auto hash = lic::HashSymbols({bytes, size}, *model);
  if (!hash.ok()) return Report(hash.failure());
  PutHex(hash.value().bytes, 32);
  return 0;
}

}  // extern "C"
