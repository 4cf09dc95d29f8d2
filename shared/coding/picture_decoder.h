// What a decoder of any coding can do: make rows of a picture of the bytes that have come, step by step.
//
//   ContainerReader ──bytes──> PictureDecoder ──> PictureRows ──> strips, picture
//                                    └──> preview
//
// decoder.cpp feeds the reader, chooses the coding, asks for steps and hands out the rows. A new coding is a class that
// derives from this one, in a folder of its own, and a line in that choice.
#pragma once

#include "coding/picture_rows.h"
#include "container/container.h"

namespace lic {

// What a decoder of any coding is given when the header has come. The reader must outlive it. The bytes of the file may
// lie elsewhere in the next step, so nothing that file() shows may be kept from one step to the next.
struct DecodingTask {
  const ContainerReader* reader;
  DecoderOptions options;
  Rect region;  // what to decode of the picture, in pixels; options.region is what the caller wrote

  const Container& file() const { return reader->container(); }
  const Header& header() const { return file().header; }
};

class PictureDecoder {
 public:
  explicit PictureDecoder(const DecodingTask& task) : task_(task), rows_(task.header(), task.region, task.options) {}
  virtual ~PictureDecoder() = default;

  // A piece of the decoding that takes about as long as `work` multiplications of a network. Does nothing where
  // everything is done or more bytes are needed.
  Status Step(int64_t work) {
    rows_.BeginStep();
    return done() || waits() ? Status() : DoStep(work);
  }
  bool done() const { return rows_.all_done(); }
  // Whether the next step needs more bytes than have come. Not to be asked where done() holds.
  virtual bool waits() const = 0;
  // The part of all steps that is done, 0..1.
  virtual float progress() const = 0;
  // Whether the last step made pixels, rather than what they are made of.
  virtual bool synthesised() const = 0;
  // The preview, once there is one, otherwise null.
  virtual const Picture* preview() const = 0;

  const PictureRows& rows() const { return rows_; }
  Picture TakePicture() { return rows_.TakePicture(); }

 protected:
  // Does a piece of the work. Is called only where neither done() nor waits() holds. Before the first row it must call
  // rows_.Claim(), and before alpha of a new row of tiles rows_.MakeRoom(). After a failure no step follows.
  virtual Status DoStep(int64_t work) = 0;

  DecodingTask task_;
  PictureRows rows_;
};

}  // namespace lic
