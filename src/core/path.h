// Names and relative paths: bytes with invariants.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace foldersync {

// The name of the program's own folder in a replica's directories; never mirrored. Where something
// else has it, that folder's name goes on with "-" and so many hexadecimal digits.
inline constexpr std::string_view kStagingName = ".sync-txn";
inline constexpr std::size_t kStagingDigits = 8;

// Whether the name is of that form but for the case of its letters: some file systems take it for
// one that is.
bool is_staging_name(std::string_view name);

// Longest name, in bytes, that Linux accepts.
inline constexpr std::size_t kMaxNameBytes = 255;

// Whether `name` can be one component: 1 to 255 bytes, neither "." nor "..", no '/' and no NUL.
bool is_name(std::string_view name);

// A path below a root: components as above joined by single slashes, or empty for the root itself.
// Any length, any bytes.
class RelPath {
 public:
  RelPath() = default;

  // Requires: is_path(text).
  explicit RelPath(std::string text);

  // From what bytes() gave: empty for the root. Requires: bytes are empty or is_path(bytes).
  static RelPath from_bytes(std::string_view bytes);

  // Whether `text` (with "." for the root) is a path in its only spelling.
  static bool is_path(std::string_view text);

  [[nodiscard]] bool is_root() const { return bytes_.empty(); }
  [[nodiscard]] RelPath child(std::string_view name) const;  // Requires: is_name(name).
  [[nodiscard]] RelPath parent() const;                      // Requires: !is_root().
  [[nodiscard]] std::string_view name() const;               // last component; empty for the root
  [[nodiscard]] std::string_view parent_bytes() const;       // empty for the root's children
  [[nodiscard]] std::size_t depth() const;                   // components; 0 for the root

  // Whether this is `ancestor` or lies below it.
  [[nodiscard]] bool is_within(const RelPath& ancestor) const;

  // The bytes, empty for the root.
  [[nodiscard]] const std::string& bytes() const& { return bytes_; }
  [[nodiscard]] std::string bytes() && { return std::move(bytes_); }
  // The bytes as people and documents write them: "." for the root.
  [[nodiscard]] std::string shown() const { return is_root() ? "." : bytes_; }

  // Path order: component by component, as if '/' were the smallest byte. A directory comes right
  // before its contents and a subtree is one range.
  friend std::strong_ordering operator<=>(const RelPath& a, const RelPath& b);
  friend bool operator==(const RelPath&, const RelPath&) = default;

 private:
  std::string bytes_;
};

// Path order of two paths given as bytes.
std::strong_ordering compare_paths(std::string_view a, std::string_view b);

}  // namespace foldersync
