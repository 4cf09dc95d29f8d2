// Damaged files, memory that runs out and limits: every one gives an error or a picture, never more. Run under
// sanitizers too.
#include <cstdlib>
#include <unordered_map>

#include "support/check.h"
#include "support/files.h"
#include "support/mend.h"

namespace lic::test {
namespace {

using File = std::vector<uint8_t>;

// What a decoder may say of a damaged picture file.
bool IsFileError(Error error) { return error >= Error::kNotLic && error <= Error::kModelMismatch; }

void CheckPicture(const File& file, const Model& model) {
  const auto picture = Decode(file, &model);
  CHECK(picture.ok() || IsFileError(picture.error()));
  const auto hash = HashSymbols(file, model);
  CHECK(hash.ok() || hash.error() == picture.error());
  CHECK(hash.ok() || !picture.ok());
  const auto info = ReadInfo(file);
  CHECK(info.ok() || !picture.ok());
}

// Calls visit for the file with each of its bits flipped in turn.
template <class Visit>
void ForEachFlippedBit(const File& file, Visit visit) {
  File damaged = file;
  for (size_t i = 0; i < file.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      damaged[i] ^= 1 << bit;
      visit(damaged);
      damaged = file;
    }
  }
}

constexpr const char* kSmallVectors[] = {"tiny-15x17.lic", "tiny-every-section.lic", "tiny-alpha-2x1.lic",
                                         "edge-37x45.lic"};

std::optional<Model> ModelOf(const std::string& vector) { return LoadTestModel(vector.substr(0, vector.find('-'))); }

// ---- An allocator that can fail ---------------------------------------------------------------------------

// Fails the allocation number `fail_at`, counted from 0, and every one that would exceed `byte_limit` in all.
struct Failing {
  size_t fail_at = SIZE_MAX;
  size_t byte_limit = SIZE_MAX;
  size_t count = 0;
  size_t bytes = 0;
  std::unordered_map<void*, size_t> live;

  static void* Allocate(void* context, size_t bytes, size_t alignment) {
    auto& self = *static_cast<Failing*>(context);
    if (self.count++ == self.fail_at || bytes > self.byte_limit - self.bytes) return nullptr;
    void* memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    self.live[memory] = bytes;
    self.bytes += bytes;
    return memory;
  }
  static void Release(void* context, void* memory) {
    auto& self = *static_cast<Failing*>(context);
    if (!memory) return;
    const auto found = self.live.find(memory);
    CHECK(found != self.live.end());
    self.bytes -= found->second;
    self.live.erase(found);
    std::free(memory);
  }
};

// Runs `work` with its n-th allocation failing, for every n that it reaches; `work` returns its error.
template <class Work>
void FailEveryAllocation(Work work) {
  for (size_t n = 0;; ++n) {
    Failing failing{.fail_at = n, .live = {}};
    const Allocator allocator = {Failing::Allocate, Failing::Release, &failing};
    SetAllocator(&allocator);
    const Error error = work();
    SetAllocator(nullptr);
    CHECK(failing.live.empty());
    if (failing.count <= n) {
      CHECK_EQ(error, Error::kNone);
      return;
    }
    if (!CHECK_EQ(error, Error::kOutOfMemory)) return;
  }
}

}  // namespace

TEST(every_truncation_of_a_picture) {
  for (const std::string name : kSmallVectors) {
    const auto model = ModelOf(name);
    if (!CHECK(model)) return;
    const File file = ReadFile(kVectors + name);
    for (size_t size = 0; size < file.size(); ++size) {
      File cut(file.begin(), file.begin() + ptrdiff_t(size));
      const auto picture = Decode(cut, &*model);
      // Behind the tiles nothing is missed.
      CHECK(picture.ok() || picture.error() == Error::kTruncated);
      MendPicture(cut);
      CheckPicture(cut, *model);
    }
  }
}

// Damage behind the tiles makes a trailer, which costs no pixel. All other damage is refused.
TEST(every_flipped_bit_of_a_picture) {
  for (const std::string name : kSmallVectors) {
    const auto model = ModelOf(name);
    if (!CHECK(model)) return;
    const File file = ReadFile(kVectors + name);
    const auto right = Decode(file, &*model);
    if (!CHECK(right.ok())) return;
    ForEachFlippedBit(file, [&](File damaged) {
      CheckPicture(damaged, *model);
      if (const auto picture = Decode(damaged, &*model); picture.ok()) {
        CHECK(std::ranges::equal(picture.value().pixels, right.value().pixels));
        const auto layout = ReadLayout(damaged);
        CHECK(layout.ok() && layout.value().bytes < damaged.size());
      }
      MendPicture(damaged);
      CheckPicture(damaged, *model);
    });
  }
}

TEST(every_truncation_of_a_model) {
  const File file = ReadFile(kRoot + "/tests/models/least.dec.licm");
  for (size_t size = 0; size < file.size(); ++size) {
    File cut(file.begin(), file.begin() + ptrdiff_t(size));
    CHECK_EQ(Model::Load(cut).error(), Error::kBadModel);
    MendModel(cut);
    CHECK_EQ(Model::Load(cut).error(), Error::kBadModel);
  }
}

// A changed model that loads must also work.
TEST(every_flipped_bit_of_a_model) {
  const File picture = ReadFile(kVectors + "least-20x20.lic");
  int loaded = 0;
  ForEachFlippedBit(ReadFile(kRoot + "/tests/models/least.dec.licm"), [&](File damaged) {
    MendModel(damaged);
    const auto model = Model::Load(damaged);
    if (!model.ok()) {
      CHECK(model.error() == Error::kBadModel || model.error() == Error::kUnsupportedVersion ||
            model.error() == Error::kBadChecksum);
      return;
    }
    File relabelled = picture;
    Relabel(relabelled, model.value().id());
    CheckPicture(relabelled, model.value());
    loaded++;
  });
  CHECK(loaded > 100);
}

TEST(every_flipped_bit_of_an_encoder_model) {
  const auto least = LoadTestModel("least");
  if (!CHECK(least)) return;
  ForEachFlippedBit(WithLoss(ReadFile(kRoot + "/tests/models/least.enc.licm"), {0.016f, 0.08f, 0.15f, 0.2f}),
                    [&](File damaged) {
                      MendModel(damaged);
                      const auto encoder = EncoderModel::Load(damaged, *least);
                      if (!encoder.ok()) return;
                      const File pixels(17 * 33 * 3, 99);
                      const auto encoded = Encode({pixels.data(), 17, 33, 3, 17 * 3}, *least, encoder.value());
                      CHECK(encoded.ok());
                      if (encoded.ok()) CheckPicture(File(encoded.value().begin(), encoded.value().end()), *least);
                    });
}

TEST(memory_that_runs_out_while_loading) {
  const File decoder = ReadFile(kRoot + "/tests/models/least.dec.licm");
  const File encoder = ReadFile(kRoot + "/tests/models/least.enc.licm");
  FailEveryAllocation([&] { return Model::Load(decoder).error(); });
  FailEveryAllocation([&] {
    const auto model = Model::Load(decoder);
    return model.ok() ? EncoderModel::Load(encoder, model.value()).error() : model.error();
  });
}

TEST(memory_that_runs_out_while_decoding) {
  for (const std::string name : kSmallVectors) {
    const auto model = ModelOf(name);
    if (!CHECK(model)) return;
    const File file = ReadFile(kVectors + name);
    FailEveryAllocation([&] { return Decode(file, &*model).error(); });
    FailEveryAllocation([&] { return HashSymbols(file, *model).error(); });
    FailEveryAllocation([&] { return ReadLayout(file).error(); });
  }
}

TEST(memory_that_runs_out_while_a_file_comes_in) {
  for (const std::string name : kSmallVectors) {
    const auto model = ModelOf(name);
    if (!CHECK(model)) return;
    const File file = ReadFile(kVectors + name);
    FailEveryAllocation([&] {
      DecoderOptions options;
      options.keep_picture = false;
      options.make_preview = true;
      auto decoder = Decoder::Begin(&*model, options);
      if (!decoder.ok()) return decoder.error();
      for (size_t size = 0; !decoder.value().done(); size = std::min(size + 50, file.size())) {
        if (const Status status = decoder.value().Feed({file.data(), size}, size == file.size()); !status.ok())
          return status.error();
        while (!decoder.value().waits() && !decoder.value().done()) {
          if (const Status status = decoder.value().Step(); !status.ok()) return status.error();
        }
      }
      return Error::kNone;
    });
  }
}

TEST(memory_that_runs_out_while_encoding) {
  const auto model = LoadTestModel("least");
  if (!CHECK(model)) return;
  const auto encoder = EncoderModel::Load(ReadFile(kRoot + "/tests/models/least.enc.licm"), *model);
  if (!CHECK(encoder.ok())) return;
  File pixels(70 * 20 * 4);
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = uint8_t(i * i / 7);
  FailEveryAllocation([&] {
    return Encode({pixels.data(), 70, 20, 4, 70 * 4}, *model, encoder.value(), {.tile_units = 1, .metadata = {}})
        .error();
  });
}

// A header that claims a huge picture: the limit is met before memory is asked for; without it, little memory is enough
// to find out.
TEST(a_small_file_that_claims_a_huge_picture) {
  const auto model = LoadTestModel("tiny");
  if (!CHECK(model)) return;
  File file = ReadFile(kVectors + "tiny-15x17.lic");
  WriteAt<uint32_t>(file.data() + 8, 65535);
  WriteAt<uint32_t>(file.data() + 12, 4096);
  WriteAt<uint16_t>(file.data() + 32, 1024);
  MendPicture(file);
  CHECK(ReadLayout(file).ok());

  Failing failing{.byte_limit = 64 << 20, .live = {}};
  const Allocator allocator = {Failing::Allocate, Failing::Release, &failing};
  SetAllocator(&allocator);
  CHECK_EQ(Decode(file, &*model, {.max_pixels = 1 << 20}).error(), Error::kLimitExceeded);
  CHECK_EQ(failing.count, 0u);
  const Error error = Decode(file, &*model).error();
  CHECK(error == Error::kBadStream || error == Error::kOutOfMemory);
  SetAllocator(nullptr);
  CHECK(failing.live.empty());
}

TEST(the_limit_of_pixels_is_inclusive) {
  const auto model = LoadTestModel("tiny");
  if (!CHECK(model)) return;
  const File file = ReadFile(kVectors + "tiny-15x17.lic");
  CHECK_EQ(Decode(file, &*model, {.max_pixels = 15 * 17}).error(), Error::kNone);
  CHECK_EQ(Decode(file, &*model, {.max_pixels = 15 * 17 - 1}).error(), Error::kLimitExceeded);
  CHECK_EQ(Decode(file, &*model, {.channels = 5}).error(), Error::kInvalidArgument);
}

}  // namespace lic::test
