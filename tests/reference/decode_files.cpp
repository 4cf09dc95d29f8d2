// Decodes pictures for random_models_test.py. Arguments: MODEL FILE OUTPUT for each; prints a line for each with the
// symbol hashes of every instruction set, or error names, and writes the pixels to OUTPUT.
#include "integer/gemm.h"
#include "support/files.h"

using namespace lic;

int main(int argc, char** argv) {
  for (int i = 1; i + 2 < argc; i += 3) {
    const auto model = Model::Load(test::ReadFile(argv[i]));
    if (!model.ok()) {
      std::printf("%s\n", ErrorName(model.error()));
      continue;
    }
    const auto file = test::ReadFile(argv[i + 1]);
    for (const IntegerKernel* kernel : AvailableKernels()) {
      SetKernel(kernel);
      const auto hash = HashSymbols(file, model.value());
      std::printf("%s ", hash.ok() ? test::ToHex(hash.value()).c_str() : ErrorName(hash.error()));
    }
    SetKernel(nullptr);
    const auto picture = Decode(file, &model.value());
    std::printf("%s\n", ErrorName(picture.error()));
    if (!picture.ok()) continue;
    std::ofstream output(argv[i + 2], std::ios::binary);
    output.write(reinterpret_cast<const char*>(picture.value().pixels.data()),
                 ptrdiff_t(picture.value().pixels.size()));
  }
}
