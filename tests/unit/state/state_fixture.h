// What the tests of src/state share: a folder that goes away, rows, and a look at files.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "state/hash_cache.h"

namespace foldersync {

// How GoogleTest prints a row.
inline void PrintTo(const CachedHash& row, std::ostream* out) {
  *out << testing::PrintToString(row.name) << " of " << row.stamp.size << " bytes, inode "
       << row.stamp.inode << ", changed " << to_string(row.stamp.mtime) << " "
       << to_string(row.stamp.ctime) << ", " << to_string(row.md5);
}

inline bool operator==(const CachedHash& a, const CachedHash& b) {
  return a.name == b.name && a.stamp == b.stamp && a.md5 == b.md5;
}

// A row for `name`, different in everything for each `variant`.
inline CachedHash row(std::string name, std::uint64_t variant = 1) {
  CachedHash made;
  made.name = std::move(name);
  const auto seconds = static_cast<std::int64_t>(1'700'000'000 + variant);
  made.stamp = {variant * 1000, {seconds, 1}, {seconds + 5, 999'999'999}, variant + 77};
  Md5Hasher hasher;
  hasher.update(made.name + std::to_string(variant));
  made.md5 = hasher.finish();
  return made;
}

class StateTest : public testing::Test {
 protected:
  StateTest() {
    std::string pattern = testing::TempDir() + "foldersync-state-XXXXXX";
    folder_ = std::filesystem::canonical(::mkdtemp(pattern.data()));
  }
  ~StateTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  [[nodiscard]] std::string path(std::string_view name = "cache.db") const {
    return folder_.string() + "/" + std::string(name);
  }
  [[nodiscard]] bool exists(std::string_view name) const {
    return std::filesystem::exists(std::filesystem::symlink_status(path(name)));
  }
  [[nodiscard]] std::string read(std::string_view name = "cache.db") const {
    std::ifstream file(path(name), std::ios::binary);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    return bytes.str();
  }
  void write(std::string_view name, std::string_view bytes) const {
    std::ofstream file(path(name), std::ios::binary | std::ios::trunc);
    file << bytes;
    ASSERT_TRUE(file.flush().good());
    ASSERT_EQ(::chmod(path(name).c_str(), 0600), 0);
  }
  [[nodiscard]] mode_t mode(const std::string& of) const {
    struct stat status {};
    return ::lstat(of.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
  }

  struct OpenedCache {
    std::unique_ptr<HashCache> cache;  // null where it said that it can't be used
    std::string warning;
  };

  // A cache that was asked once, and so has opened its database.
  [[nodiscard]] static OpenedCache open_in(const std::string& folder, int busy_milliseconds) {
    OpenedCache opened{HashCache::in(folder, busy_milliseconds), {}};
    static_cast<void>(opened.cache->directory(opened.cache->tree("no such tree"), RelPath()));
    opened.warning = opened.cache->take_warning();
    if (opened.warning.find("not used") != std::string::npos) opened.cache.reset();
    return opened;
  }

  // Waits for no lock longer than a moment.
  [[nodiscard]] OpenedCache open() const { return open_in(folder_, 1); }

  // A cache that must be there, without a word.
  [[nodiscard]] std::unique_ptr<HashCache> good() const {
    OpenedCache opened = open_in(folder_, 2000);
    EXPECT_EQ(opened.warning, "");
    EXPECT_NE(opened.cache, nullptr);
    return std::move(opened.cache);
  }

  // A saved database with these rows in one directory.
  void fill(const std::vector<CachedHash>& rows, const std::string& directory = "d") const {
    const auto cache = good();
    const TreeId tree = cache->tree("tree");
    for (const CachedHash& each : rows) cache->remember(tree, RelPath(directory), each);
    ASSERT_TRUE(cache->save().ok());
  }

  static std::vector<CachedHash> rows_of(HashCache& cache, const std::string& directory = "d") {
    return cache.directory(cache.tree("tree"), RelPath(directory));
  }

  // Runs `body` in a process of its own, which ends without any clean-up: as if it was killed.
  // Whether `body` gave true.
  static bool in_child(const std::function<bool()>& body) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(body() ? 0 : 1);
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

  std::filesystem::path folder_;
};

}  // namespace foldersync
