// Runs a command, counts the system calls with which it touches files, and kills it at one of them,
// sends it a signal or makes one fail.
//
// Usage: call_stopper [OPTION...] -- COMMAND [ARGUMENT...]
//   --kill-before N, --kill-after N  SIGKILL before or after the N-th call of interest
//   --signal N=NAME                  sends the command a signal before it: --signal 7=TERM
//   --fail N=ERRNO                   the N-th one is not executed and fails: --fail 7=EIO
//   --fail-from N=ERRNO              so does every one after it
//   --only NAME,...                  the calls of interest; by default all that touch files
//   --except NAME,...                these are of no interest
//   --from PATH                      they count from the first one on that names a path that begins
//                                    with PATH: what the dynamic loader opens is left out
//   --count FILE                     writes the number of the calls of interest to FILE
//   --trace FILE                     writes these calls to FILE, a JSON object a line
//   (call_trace.h)
//
// Exits as the command did, with 128 and the signal's number where one ended it; 125 where the tool
// itself failed, 64 after wrong usage.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "file_calls.h"
#include "traced_command.h"

namespace call_stopper {
namespace {

constexpr int kUsage = 64;
constexpr int kToolFailed = 125;
constexpr int kHighestErrno = 133;

struct Options {
  Orders orders;
  std::string count_file;
  std::string trace_file;
  char* const* command = nullptr;
};

[[noreturn]] void refuse(const std::string& why) { throw std::invalid_argument(why); }

std::uint64_t parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number == 0)
    refuse("not the number of a call: " + std::string(text));
  return number;
}

int parse_errno(std::string_view text) {
  for (int number = 1; number <= kHighestErrno; ++number) {
    const char* const name = strerrorname_np(number);
    if (name != nullptr && name == text) return number;
  }
  refuse("not an errno: " + std::string(text));
}

int parse_signal(std::string_view text) {
  for (int number = 1; number < NSIG; ++number) {
    const char* const name = sigabbrev_np(number);
    if (name != nullptr && name == text) return number;
  }
  refuse("not a signal: " + std::string(text));
}

void parse_what_happens(Orders& orders, std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) refuse("N=NAME is missing: " + std::string(text));
  orders.at = parse_number(text.substr(0, equals));
  const std::string_view name = text.substr(equals + 1);
  if (orders.intervention == Intervention::kSignal) {
    orders.signal = parse_signal(name);
  } else {
    orders.error = parse_errno(name);
  }
}

using Calls = std::vector<const FileCall*>;

Calls parse_names(std::string_view text) {
  Calls calls;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    const FileCall* const call = find_file_call(text.substr(0, comma));
    if (call == nullptr) refuse("not a call that touches files: " + std::string(text));
    calls.push_back(call);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return calls;
}

Calls all_calls_except(const Calls& unwanted) {
  Calls calls;
  for (const FileCall& call : file_calls()) {
    if (std::ranges::find(unwanted, &call) == unwanted.end()) calls.push_back(&call);
  }
  return calls;
}

std::optional<Intervention> intervention_of(std::string_view option) {
  if (option == "--kill-before") return Intervention::kKillBefore;
  if (option == "--kill-after") return Intervention::kKillAfter;
  if (option == "--signal") return Intervention::kSignal;
  if (option == "--fail") return Intervention::kFailOnce;
  if (option == "--fail-from") return Intervention::kFailAlways;
  return std::nullopt;
}

void parse_intervention(Orders& orders, Intervention intervention, std::string_view value) {
  if (orders.intervention != Intervention::kNone) refuse("one intervention at a time");
  orders.intervention = intervention;
  if (intervention == Intervention::kKillBefore || intervention == Intervention::kKillAfter) {
    orders.at = parse_number(value);
  } else {
    parse_what_happens(orders, value);
  }
}

void parse_option(Options& options, std::string_view option, const char* value) {
  if (const auto intervention = intervention_of(option)) {
    parse_intervention(options.orders, *intervention, value);
  } else if (option == "--only") {
    options.orders.calls = parse_names(value);
  } else if (option == "--except") {
    options.orders.calls = all_calls_except(parse_names(value));
  } else if (option == "--from") {
    options.orders.from = value;
  } else if (option == "--count") {
    options.count_file = value;
  } else if (option == "--trace") {
    options.trace_file = value;
  } else {
    refuse("unknown option: " + std::string(option));
  }
}

Options parse(int count, char** arguments) {
  Options options;
  int i = 1;
  for (; i < count && std::strcmp(arguments[i], "--") != 0; i += 2) {
    if (i + 1 >= count) refuse("a value is missing: " + std::string(arguments[i]));
    parse_option(options, arguments[i], arguments[i + 1]);
  }
  if (i + 1 >= count) refuse("`-- COMMAND` is missing");
  options.command = arguments + i + 1;
  if (options.orders.calls.empty()) options.orders.calls = all_calls_except({});
  return options;
}

int run(Options& options) {
  if (!options.trace_file.empty()) {
    constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
    options.orders.trace = open(options.trace_file.c_str(), kFlags, 0666);
    if (options.orders.trace < 0) throw std::runtime_error(options.trace_file + ": not writable");
  }
  const Outcome outcome = run_traced(options.orders, options.command);
  if (!options.count_file.empty()) {
    std::FILE* const file = std::fopen(options.count_file.c_str(), "w");
    if (file == nullptr || std::fprintf(file, "%ju\n", std::uintmax_t{outcome.calls}) < 0 ||
        std::fclose(file) != 0)
      throw std::runtime_error(options.count_file + ": not writable");
  }
  return outcome.exit_code;
}

int run_tool(int count, char** arguments) {
  try {
    Options options = parse(count, arguments);
    return run(options);
  } catch (const std::invalid_argument& wrong) {
    std::fprintf(stderr, "call_stopper: %s\n", wrong.what());
    return kUsage;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "call_stopper: %s\n", error.what());
    return kToolFailed;
  }
}

}  // namespace
}  // namespace call_stopper

int main(int count, char** arguments) { return call_stopper::run_tool(count, arguments); }
