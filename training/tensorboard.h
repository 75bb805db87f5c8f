// TensorBoard event files with scalar curves: the record format of TFRecord with protobuf messages
// written by hand (tensorflow/core/util/event.proto), so that no protobuf library is linked.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/file.h"

namespace marquee::training {

class TensorBoardWriter {
 public:
  // Makes FOLDER/events.out.tfevents.NNNNNNNNNN.marquee, numbered after those that are there.
  explicit TensorBoardWriter(const std::filesystem::path& folder);

  void scalar(const std::string& tag, int64_t step, double value);
  void flush() { file_.flush(); }

 private:
  void event(const std::string& message);
  FileWriter file_;
};

}  // namespace marquee::training
