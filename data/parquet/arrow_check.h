// Arrow's errors as exceptions.
#pragma once

#include <arrow/result.h>
#include <arrow/status.h>

#include <stdexcept>
#include <utility>

namespace marquee::data {

inline void check(const arrow::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToStringWithoutContextLines());
}

template <typename T>
T value_of(arrow::Result<T> result) {
  check(result.status());
  return std::move(result).ValueUnsafe();
}

}  // namespace marquee::data
