// Options as the command line has them: the groups that several commands share, and how one is
// declared. All write into what they are given, which must outlive the parser. Where a value can't
// be taken, parsing ends with the parser's own exception, which says what was expected and found.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace foldersync {

// What is declared while it lives, and in no group by then, is shown by --help under this title.
class Titled {
 public:
  // Both must outlive it.
  Titled(CLI::App* command, const char* title);
  ~Titled();
  Titled(const Titled&) = delete;
  Titled& operator=(const Titled&) = delete;

 private:
  CLI::App* command_;
  const char* title_;
  std::size_t before_;  // options that were there
};

// How the text of an option becomes its value.
struct Value {
  std::string expected;                          // what is said of a text that can't be taken
  std::function<bool(const std::string&)> take;  // whether it could be
};
CLI::Option* add_value(CLI::App* command, const char* name, const char* type, Value value,
                       const char* help);

// Seconds up to a year: 0 or more, and above 0.
Value seconds_into(double& target);
Value seconds_into(std::optional<double>& target);
Value some_seconds_into(std::optional<double>& target);

// One word of a few, "batch|none"; `take` is given its place among them.
CLI::Option* add_word(CLI::App* command, const char* name, const std::string& words,
                      const std::function<void(std::size_t)>& take, const char* help);
// The name of a file, which is not empty.
CLI::Option* add_file(CLI::App* command, const char* name, std::optional<std::string>& target,
                      const char* help);

// One that reads content: "--name", or "--name=cached", which believes what is remembered.
CLI::Option* add_reading(CLI::App* command, const char* name,
                         const std::function<void(Remembered)>& take, const char* help);

// Whether a folder can only be given by its option, or also as an argument without one, the source
// first.
enum class GivenBy : std::uint8_t { kPlaceToo, kOption };
CLI::Option* add_source(CLI::App* command, std::string& source, GivenBy given = GivenBy::kPlaceToo);
CLI::Option* add_replica(CLI::App* command, std::string& replica,
                         GivenBy given = GivenBy::kPlaceToo);
void add_make_path(CLI::App* command, FolderOptions& folders, std::uint32_t umask);
// Files of rules are read while parsing; `origins` says where each rule stands.
void add_filters(CLI::App* command, PlanOptions& plan, std::vector<std::string>& origins);
void add_planning(CLI::App* command, PlanningOptions& planning);  // with filters and guards
void add_applying(CLI::App* command, ApplyingOptions& applying);
// Metadata of the replica that is somebody else's business, or is to be other than the source's.
void add_fields(CLI::App* command, MirroredFields& fields, std::uint32_t umask);
void add_bandwidth(CLI::App* command, Timetable& bandwidth, const char* help);
void add_stop_after(CLI::App* command, std::optional<double>& seconds);
void add_common(CLI::App* command, CommonOptions& common);
// By its name, or by its file.
void add_job(CLI::App* command, std::string& job, std::string& job_file);
void add_state(CLI::App* command, std::optional<std::string>& folder);  // part of what is common
void add_space_check(CLI::App* command, bool& check_space);             // part of planning
void add_lock_wait(CLI::App* command, double& seconds);                 // part of applying
void add_colour(CLI::App* command, When& colour);                       // part of what is common

}  // namespace foldersync
