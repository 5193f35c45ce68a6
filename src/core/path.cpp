#include "core/path.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>

namespace foldersync {
namespace {

std::uint64_t eight_bytes_at(const char* from) {
  std::uint64_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

// Where the first `length` bytes of `a` and `b` differ first; `length` where they don't.
std::size_t first_difference(const char* a, const char* b, std::size_t length) {
  std::size_t at = 0;
  for (; length - at >= sizeof(std::uint64_t); at += sizeof(std::uint64_t)) {
    const std::uint64_t difference = eight_bytes_at(a + at) ^ eight_bytes_at(b + at);
    if (difference != 0) {
      const int equal_bits = std::endian::native == std::endian::little
                                 ? std::countr_zero(difference)
                                 : std::countl_zero(difference);
      return at + static_cast<std::size_t>(equal_bits / 8);
    }
  }
  while (at < length && a[at] == b[at]) ++at;
  return at;
}

// Rank of a byte in path order: '/' first, then all others by value.
int rank(char byte) { return byte == '/' ? -1 : static_cast<unsigned char>(byte); }

}  // namespace

bool is_staging_name(std::string_view name) {
  if (name.size() < kStagingName.size() || name[0] != kStagingName[0]) return false;
  constexpr char kCaseBit = 'a' ^ 'A';
  const bool begins_so =
      std::equal(kStagingName.begin(), kStagingName.end(), name.begin(), [](char own, char byte) {
        const bool is_letter = own >= 'a' && own <= 'z';
        return byte == own || (is_letter && byte == (own ^ kCaseBit));
      });
  const std::string_view rest = name.substr(kStagingName.size());
  const bool ends_so = rest.empty() || (rest.size() == 1 + kStagingDigits && rest[0] == '-' &&
                                        rest.find_first_not_of("0123456789abcdefABCDEF", 1) ==
                                            std::string_view::npos);
  return begins_so && ends_so;
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && name != "." && name != ".." &&
         std::memchr(name.data(), '/', name.size()) == nullptr &&
         std::memchr(name.data(), '\0', name.size()) == nullptr;
}

bool RelPath::is_path(std::string_view text) {
  if (text == ".") return true;
  for (;;) {
    const std::size_t slash = text.find('/');
    if (!is_name(text.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    text.remove_prefix(slash + 1);
  }
}

RelPath::RelPath(std::string text) : bytes_(std::move(text)) {
  assert(is_path(bytes_));
  if (bytes_ == ".") bytes_.clear();
}

RelPath RelPath::from_bytes(std::string_view bytes) {
  return bytes.empty() ? RelPath() : RelPath(std::string(bytes));
}

RelPath RelPath::child(std::string_view name) const {
  assert(is_name(name));
  RelPath child;
  child.bytes_.reserve(bytes_.size() + 1 + name.size());
  child.bytes_ = bytes_;
  if (!is_root()) child.bytes_ += '/';
  child.bytes_ += name;
  return child;
}

RelPath RelPath::parent() const {
  assert(!is_root());
  RelPath parent;
  parent.bytes_ = parent_bytes();
  return parent;
}

std::string_view RelPath::name() const {
  // npos + 1 is 0: without a slash the whole path is the name.
  return std::string_view(bytes_).substr(bytes_.rfind('/') + 1);
}

std::string_view RelPath::parent_bytes() const {
  const std::size_t slash = bytes_.rfind('/');
  return slash == std::string::npos ? std::string_view()
                                    : std::string_view(bytes_).substr(0, slash);
}

std::size_t RelPath::depth() const {
  if (is_root()) return 0;
  return 1 + static_cast<std::size_t>(std::count(bytes_.begin(), bytes_.end(), '/'));
}

bool RelPath::is_within(const RelPath& ancestor) const {
  const std::size_t length = ancestor.bytes_.size();
  return length == 0 || (bytes_.starts_with(ancestor.bytes_) &&
                         (bytes_.size() == length || bytes_[length] == '/'));
}

std::strong_ordering compare_paths(std::string_view a, std::string_view b) {
  const std::size_t common = std::min(a.size(), b.size());
  const std::size_t at = first_difference(a.data(), b.data(), common);
  return at == common ? a.size() <=> b.size() : rank(a[at]) <=> rank(b[at]);
}

std::strong_ordering operator<=>(const RelPath& a, const RelPath& b) {
  return compare_paths(a.bytes_, b.bytes_);
}

}  // namespace foldersync
