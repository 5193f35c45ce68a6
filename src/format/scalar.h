// A value of a JSON document that is no object and no list.
#pragma once

#include <cstdint>
#include <string_view>

namespace foldersync {

// Its text lasts as long as the event that brings it.
struct Scalar {
  enum class Kind : std::uint8_t { kNull, kBool, kCount, kOtherNumber, kText };
  Kind kind = Kind::kNull;
  bool on = false;          // kBool
  std::uint64_t count = 0;  // kCount: an integer without a sign
  std::string_view text;    // kText: its UTF-8; kOtherNumber: as it was written
};

}  // namespace foldersync
