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

void bind_next(Statement& statement, int& parameter, std::int64_t number) {
  statement.bind(parameter++, number);
}

void bind_next(Statement& statement, int& parameter, std::string_view bytes) {
  statement.bind(parameter++, bytes);
}

void bind_next(Statement& statement, int& parameter, const std::optional<FileTime>& time) {
  if (!time) {
    statement.bind_null(parameter++);
    statement.bind_null(parameter++);
    return;
  }
  statement.bind(parameter++, time->seconds);
  statement.bind(parameter++, std::int64_t{time->nanoseconds});
}

// Numbers as eight bytes, least significant first; bytes after their length.
void RowChecksum::add(std::int64_t number) {
  std::array<char, 8> bytes;
  auto rest = std::bit_cast<std::uint64_t>(number);
  for (char& byte : bytes) {
    byte = static_cast<char>(rest & 0xff);
    rest >>= 8;
  }
  text_.append(bytes.data(), bytes.size());
}

void RowChecksum::add(std::string_view bytes) {
  add(static_cast<std::int64_t>(bytes.size()));
  text_.append(bytes);
}

void RowChecksum::add(FileTime time) {
  add(time.seconds);
  add(std::int64_t{time.nanoseconds});
}

void RowChecksum::add(const std::optional<FileTime>& time) {
  add(std::int64_t{time.has_value()});
  if (time) add(*time);
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
