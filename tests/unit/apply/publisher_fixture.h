// What the tests of the publisher share.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdio>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "apply/look/report.h"
#include "apply/steps/publisher.h"
#include "format/errno_name.h"
#include "support/disk_tree.h"
#include "support/faulty_file_system.h"
#include "unit/apply/warnings.h"

namespace foldersync {

// "done", "displaced", "foreign", "stranded", or the name of the errno.
inline std::string answer(const Result<Published>& published) {
  if (!published) return errno_name(published.error().error_number);
  switch (*published) {
    case Published::kDone:
      return "done";
    case Published::kDisplaced:
      return "displaced";
    case Published::kOvertaken:
      return "foreign";
    case Published::kStranded:
      return "stranded";
    case Published::kUnproven:
      return "unproven";
  }
  return "?";
}

// A folder `home`, where things appear, and a folder `staging`, where they come from.
class PublisherTest : public testing::Test {
 protected:
  PublisherTest() {
    plant({{".", directory()}, {"home", directory()}, {"staging", directory()}}, scratch_.path());
    home_ = Fd(::open((scratch_ / "home").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    staging_ = Fd(::open((scratch_ / "staging").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }

  [[nodiscard]] std::string in_home(const std::string& name) const {
    return scratch_ / ("home/" + name);
  }
  [[nodiscard]] std::string in_staging(const std::string& name) const {
    return scratch_ / ("staging/" + name);
  }

  // Makes an entry at home, and looks at it.
  FileStatus given(const TreeEntry& entry) {
    plant_object(entry, scratch_ / "home", "a");
    return look({home_.get(), "a"});
  }
  FileStatus look(const Place& place) {
    FileSystem& calm = posix_file_system();
    const auto status = calm.status_at(place.directory, place.name.c_str());
    EXPECT_TRUE(status.ok());
    return status.ok() ? *status : FileStatus{};
  }
  StagedPlace staged(const TreeEntry& entry) {
    plant_object(entry, scratch_ / "staging", "1");
    StagedPlace place{{staging_.get(), "1"}, {}, false};
    place.made = look(place);
    return place;
  }
  [[nodiscard]] Place target() const { return {home_.get(), "a"}; }

  // What somebody else does right before each of the next renames that name `a`.
  void before_renames(std::vector<std::function<void()>> acts) {
    fs_.intercept([acts = std::move(acts), next = std::size_t{0}](const CallInfo& info) mutable {
      if (info.call == Call::kRename && info.names("a") && next < acts.size()) acts[next++]();
      return 0;
    });
  }
  // Somebody else saves the file, as editors do, under a new inode.
  std::function<void()> save(const std::string& content) {
    return [this, content] {
      write_file(in_home("a") + ".saving", content);
      ASSERT_EQ(::rename((in_home("a") + ".saving").c_str(), in_home("a").c_str()), 0);
    };
  }

  // Every file that is left, as PATH=CONTENT.
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> result;
    for (const auto& [path, entry] : read_tree(scratch_.path())) {
      if (entry.type == FileType::kFile) result.push_back(path + "=" + entry.content);
    }
    return result;
  }

  ScratchFolder scratch_;
  Fd home_;
  Fd staging_;
  FaultyFileSystem fs_;
  test::Warnings observer_;
  Publisher publisher_{fs_, observer_};
};

}  // namespace foldersync
