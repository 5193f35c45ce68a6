// What the rows of both databases share: times in two columns, and a checksum of each row's own, so
// that a byte that changed on the disk costs that row only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/file_time.h"
#include "core/hash.h"
#include "state/sqlite.h"

namespace foldersync {

// The time in two columns from `column` on; nothing where no time can be there.
std::optional<FileTime> time_at(const Statement& statement, int column);

// Into one parameter, or two for a time, from `parameter` on, which becomes the next one.
void bind_next(Statement& statement, int& parameter, std::int64_t number);
void bind_next(Statement& statement, int& parameter, std::string_view bytes);
void bind_next(Statement& statement, int& parameter, const std::optional<FileTime>& time);

// All of them in order. Requires: as Statement::bind().
template <class... Fields>
Statement& bind(Statement& statement, const Fields&... fields) {
  int parameter = 0;
  (bind_next(statement, parameter, fields), ...);
  return statement;
}

// The checksum of one row after the other. One thread at a time.
class RowChecksum {
 public:
  // The table is part of it: no row counts in another one. No two lists of fields of one kind have
  // the same checksum by their form.
  template <class... Fields>
  std::int64_t of(std::string_view table, const Fields&... fields) {
    text_ = table;
    (add(fields), ...);
    return finish();
  }

 private:
  void add(std::int64_t number);
  void add(std::string_view bytes);
  void add(FileTime time);
  void add(const std::optional<FileTime>& time);
  std::int64_t finish();

  Md5Hasher hasher_;
  std::string text_;
};

}  // namespace foldersync
