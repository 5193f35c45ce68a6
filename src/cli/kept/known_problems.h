// What the cycles of a loop have told of, so that it is not told in each of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/console/log.h"
#include "cli/kept/carried.h"
#include "fs/fd.h"

namespace foldersync {

// The problems of a cycle are in a file, which the next one reads while it writes its own: of a
// problem of the cycle before no more than its hash is in memory. What is too much for the file is
// told each time.
class KnownProblems final : public ProblemFilter {
 public:
  // One for all cycles. Null where neither folder takes its files: all is told then.
  static std::unique_ptr<KnownProblems> in(const std::vector<std::string>& folders);

  // A cycle begins; `carried` says what the one before left.
  void begin(const Carried& carried);
  bool is_news(const std::string& key, const std::string& line) override;
  // It has ended: how many there were as before is a line, and what is no more, where all was
  // tried.
  void end(Log& log, Carried& carried, bool was_all_tried);

 private:
  using Visit = std::function<void(std::uint64_t hash, std::string_view line)>;

  explicit KnownProblems(std::array<Fd, 2> files) : files_(std::move(files)) {}

  // With a key of this loop's own: no name can be made to be taken for another one.
  [[nodiscard]] std::uint64_t hash_of(const std::string& key) const;
  // The place of a problem among those of the cycle before, or their number.
  [[nodiscard]] std::size_t place_of(std::uint64_t hash) const;
  void keep(std::uint64_t hash, std::string_view line);
  void flush();
  // False where it can't be read.
  static bool for_each(int file, const Visit& visit);

  std::array<Fd, 2> files_;
  std::array<unsigned char, 16> key_{};
  std::size_t own_ = 0;  // the file of this cycle; the other one is of the cycle before
  std::vector<std::uint64_t> known_;  // of the cycle before, in order, each once
  std::vector<bool> seen_;            // again
  std::uint64_t repeated_ = 0;
  std::string first_;  // that is repeated
  std::string buffer_;
  std::uint64_t kept_bytes_ = 0;
  bool has_told_ = false;
  bool fails_ = false;
};

// What is told next is told in full.
void forget_problems(Carried& carried);

}  // namespace foldersync
