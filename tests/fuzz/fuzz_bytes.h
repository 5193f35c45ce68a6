// The bytes that a fuzzer hands over, as a row of decisions.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace foldersync {

// Once the bytes are used up, every decision is the first one.
class FuzzBytes {
 public:
  FuzzBytes(const std::uint8_t* data, std::size_t size) : next_(data), end_(data + size) {}

  [[nodiscard]] bool empty() const { return next_ == end_; }

  // From 0 to `choices` - 1. Requires: 1 to 256 choices.
  std::size_t pick(std::size_t choices) { return empty() ? 0 : *next_++ % choices; }
  bool coin() { return pick(2) == 1; }
  bool chance(std::size_t one_in) { return pick(one_in) == one_in - 1; }

  template <class List>
  const auto& one_of(const List& list) {
    return *std::next(std::begin(list), static_cast<std::ptrdiff_t>(pick(std::size(list))));
  }

  // Zero where there are too few.
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int byte = 0; byte < 8; ++byte) value = value << 8U | pick(256);
    return value;
  }

  std::string text(std::size_t longest) {
    std::string taken;
    for (std::size_t size = pick(longest + 1); size > 0 && !empty(); --size) {
      taken += static_cast<char>(*next_++);
    }
    return taken;
  }

  std::string rest() {
    const std::string taken(next_, end_);
    next_ = end_;
    return taken;
  }

 private:
  const std::uint8_t* next_;
  const std::uint8_t* end_;
};

}  // namespace foldersync
