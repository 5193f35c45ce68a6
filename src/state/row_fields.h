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

// Into two parameters from `parameter` on.
void bind(Statement& statement, int parameter, FileTime time);
void bind(Statement& statement, int parameter, const std::optional<FileTime>& time);

// The checksum of one row after the other. One thread at a time.
class RowChecksum {
 public:
  // Begins the next row. The table is part of it: no row counts in another one.
  RowChecksum& of(std::string_view table);

  // Its fields in order. No two lists of fields of one kind have the same checksum by their form.
  RowChecksum& add(std::int64_t number);
  RowChecksum& add(std::string_view bytes);
  RowChecksum& add(FileTime time);
  RowChecksum& add(const std::optional<FileTime>& time);

  std::int64_t finish();

 private:
  Md5Hasher hasher_;
  std::string text_;
};

}  // namespace foldersync
