// Decodes pictures for random_models_test.py and overfitted_random_test.py. Arguments: MODEL FILE OUTPUT for each, and
// a line is printed for each.
//
// With a model: the symbol hashes of every instruction set and the name of the error; the pixels are written to OUTPUT.
// With - for MODEL and OUTPUT, of an overfitted file: for every instruction set the SHA-256 of the pixels, or an error.
#include "integer/gemm.h"
#include "overfitted/kernels.h"
#include "support/files.h"

using namespace lic;

namespace {

void DecodeWithModel(const char* model_path, const char* path, const char* output_path) {
  const auto model = Model::Load(test::ReadFile(model_path));
  if (!model.ok()) {
    std::printf("%s\n", ErrorName(model.error()));
    return;
  }
  const auto file = test::ReadFile(path);
  for (const IntegerKernel* kernel : AvailableKernels()) {
    SetKernel(kernel);
    const auto hash = HashSymbols(file, model.value());
    std::printf("%s ", hash.ok() ? test::ToHex(hash.value()).c_str() : ErrorName(hash.error()));
  }
  SetKernel(nullptr);
  const auto picture = Decode(file, &model.value());
  std::printf("%s\n", ErrorName(picture.error()));
  if (!picture.ok()) return;
  std::ofstream output(output_path, std::ios::binary);
  output.write(reinterpret_cast<const char*>(picture.value().pixels.data()), ptrdiff_t(picture.value().pixels.size()));
}

void DecodeOverfitted(const char* path) {
  const auto file = test::ReadFile(path);
  for (const overfitted::Kernels* kernels : overfitted::AllKernels()) {
    overfitted::SetKernels(kernels);
    const auto picture = Decode(file, nullptr);
    std::printf("%s ", picture.ok() ? test::ToHex(Sha256(picture.value().pixels)).c_str() : ErrorName(picture.error()));
  }
  overfitted::SetKernels(nullptr);
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i + 2 < argc; i += 3) {
    if (argv[i] == std::string_view("-")) {
      DecodeOverfitted(argv[i + 1]);
    } else {
      DecodeWithModel(argv[i], argv[i + 1], argv[i + 2]);
    }
  }
}
