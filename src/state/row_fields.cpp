#include "state/row_fields.h"

#include <array>
#include <bit>

namespace foldersync {
namespace {

constexpr std::uint32_t kNanosecondsPerSecond = 1'000'000'000;

}  // namespace

std::optional<FileTime> time_at(const Statement& statement, int column) {
  const std::int64_t nanoseconds = statement.integer(column + 1);
  if (nanoseconds < 0 || nanoseconds >= kNanosecondsPerSecond) return std::nullopt;
  return FileTime{statement.integer(column), static_cast<std::uint32_t>(nanoseconds)};
}

void bind(Statement& statement, int parameter, FileTime time) {
  statement.bind(parameter, time.seconds);
  statement.bind(parameter + 1, std::int64_t{time.nanoseconds});
}

void bind(Statement& statement, int parameter, const std::optional<FileTime>& time) {
  if (time) return bind(statement, parameter, *time);
  statement.bind_null(parameter);
  statement.bind_null(parameter + 1);
}

RowChecksum& RowChecksum::of(std::string_view table) {
  text_ = table;
  return *this;
}

// Numbers as eight bytes, least significant first; bytes after their length.
RowChecksum& RowChecksum::add(std::int64_t number) {
  std::array<char, 8> bytes;
  auto rest = std::bit_cast<std::uint64_t>(number);
  for (char& byte : bytes) {
    byte = static_cast<char>(rest & 0xff);
    rest >>= 8;
  }
  text_.append(bytes.data(), bytes.size());
  return *this;
}

RowChecksum& RowChecksum::add(std::string_view bytes) {
  add(static_cast<std::int64_t>(bytes.size()));
  text_.append(bytes);
  return *this;
}

RowChecksum& RowChecksum::add(FileTime time) {
  return add(time.seconds).add(std::int64_t{time.nanoseconds});
}

RowChecksum& RowChecksum::add(const std::optional<FileTime>& time) {
  add(std::int64_t{time.has_value()});
  return time ? add(*time) : *this;
}

// The first eight bytes of the MD5 as a number.
std::int64_t RowChecksum::finish() {
  hasher_.update(std::string_view(text_));
  const Md5 digest = hasher_.finish();
  std::uint64_t number = 0;
  for (std::size_t i = 8; i-- > 0;) number = (number << 8) | digest.bytes[i];
  return std::bit_cast<std::int64_t>(number);
}

}  // namespace foldersync
