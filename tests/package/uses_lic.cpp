// Decodes a file with a model and prints the size of the picture: uses_lic MODEL.dec.licm FILE.lic
#include <lic/lic.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

static std::vector<uint8_t> Read(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

int main(int argc, char** argv) {
  if (argc != 3) return 64;
  const auto model = lic::Model::Load(Read(argv[1]));
  if (!model.ok()) return static_cast<int>(model.error());
  const auto picture = lic::Decode(Read(argv[2]), &model.value());
  if (!picture.ok()) return static_cast<int>(picture.error());
  std::printf("%u x %u\n", picture.value().width, picture.value().height);
}
