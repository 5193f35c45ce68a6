// Numbers and bytes as the action store and its spool hold them: short, for this process only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace foldersync {

// Seven bits a byte, the lowest first; the highest bit says that more follow.
inline void put_short(std::string& out, std::uint64_t number) {
  while (number >= 0x80) {
    out += static_cast<char>(0x80U | (number & 0x7FU));
    number >>= 7U;
  }
  out += static_cast<char>(number);
}

inline void put_short(std::string& out, std::string_view bytes) {
  put_short(out, std::uint64_t{bytes.size()});
  out += bytes;
}

// Reads what was put; after the first thing that isn't there, nothing is.
class ShortReader {
 public:
  explicit ShortReader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] bool is_whole() const { return is_whole_; }
  [[nodiscard]] std::string_view rest() const { return rest_; }

  std::uint64_t number() {
    std::uint64_t number = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::string_view next = bytes(1);
      if (next.empty()) return 0;
      const auto byte = static_cast<unsigned char>(next.front());
      number |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return number;
    }
    return damaged(), 0;
  }

  std::uint32_t small() {
    const std::uint64_t wide = number();
    if (wide > UINT32_MAX) damaged();
    return static_cast<std::uint32_t>(wide);
  }

  std::string_view bytes(std::uint64_t size) {
    if (size > rest_.size()) return damaged(), std::string_view();
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  void damaged() {
    is_whole_ = false;
    rest_ = {};
  }

 private:
  std::string_view rest_;
  bool is_whole_ = true;
};

}  // namespace foldersync
