#include "cli/history/metrics_file.h"

#include <array>
#include <span>
#include <string_view>

#include "core/text.h"
#include "fs/copy.h"
#include "fs/named_file.h"

namespace foldersync {
namespace {

constexpr std::uint32_t kReadable = 0644;

// UTF-8, with what the format can't hold in quotes escaped.
std::string label(std::string_view name, std::string_view value) {
  std::string text = std::string(name) + "=\"";
  for (const char byte : utf8_rendering(value)) {
    if (byte == '\n') {
      text += "\\n";
    } else {
      if (byte == '"' || byte == '\\') text += '\\';
      text += byte;
    }
  }
  return text + '"';
}

std::string seconds_of(FileTime time) {
  return seconds_text(static_cast<double>(time.seconds) + time.nanoseconds * 1e-9);
}

class Text {
 public:
  explicit Text(const Attempt& attempt)
      : labels_(label("source", attempt.source) + "," + label("replica", attempt.replica) + "," +
                label("job", attempt.job)) {}

  // One value; `add` may follow, of the same name.
  void begin(const char* name, const char* help) {
    name_ = std::string("foldersync_") + name;
    text_ += "# HELP " + name_ + " " + help + "\n# TYPE " + name_ + " gauge\n";
  }
  void add(const std::string& value, const std::string& more = {}) {
    text_ += name_ + "{" + labels_ + (more.empty() ? "" : "," + more) + "} " + value + "\n";
  }
  void one(const char* name, const char* help, const std::string& value) {
    begin(name, help);
    add(value);
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string labels_;
  std::string name_;
  std::string text_;
};

// What is no file of metrics may be dear to somebody. RACE: what gets the name from here to the
// rename is replaced unread, but for what belongs to somebody else (see NewFile).
Status judge(FileSystem& fs, const std::string& path) {
  constexpr std::string_view kBeginning = "# HELP foldersync_";
  const auto file = open_to_read(fs, path, LastLink::kKeep);
  if (!file || !file->status.is_file() || file->status.size == 0) return success();
  std::array<char, kBeginning.size()> text{};
  const auto count = TRY(fs.read(file->fd.get(), std::as_writable_bytes(std::span(text))).at(path));
  if (std::string_view(text.data(), count) == kBeginning) return success();
  return refused_error("write", "there is a file of that name, and it is none of metrics").at(path);
}

}  // namespace

std::string metrics_text(const Attempt& attempt) {
  const RunOutcome& outcome = attempt.end->outcome;
  Text text(attempt);
  text.one("last_attempt_timestamp_seconds", "When the last attempt ended.",
           seconds_of(attempt.end->at));
  if (attempt.standing.last_success) {
    text.one("last_success_timestamp_seconds", "When the last attempt that ended with 0 did so.",
             seconds_of(*attempt.standing.last_success));
  }
  text.one("last_attempt_duration_seconds", "How long the last attempt took.",
           seconds_text(attempt.end->seconds));
  text.one("last_attempt_exit_code", "The exit code of the last attempt.",
           std::to_string(static_cast<int>(outcome.exit_code)));
  text.one("failures_in_a_row", "How many attempts have failed, up to the last one.",
           std::to_string(attempt.standing.failures));
  text.begin("last_attempt_count", "What the last attempt did: actions by op and by outcome.");
  for_each_count(outcome, [&](const char* name, std::uint64_t count) {
    if (std::string_view(name) != "bytes") text.add(std::to_string(count), label("of", name));
  });
  text.one("last_attempt_written_bytes", "Bytes of content that the last attempt wrote.",
           std::to_string(outcome.bytes));
  return text.text();
}

Status write_metrics(FileSystem& fs, const std::string& path, const Attempt& attempt) {
  TRY(judge(fs, path));
  auto file = TRY(NewFile::begin(fs, path));
  TRY(write_all(file.fd(), metrics_text(attempt)).at(path));
  TRY(fs.set_mode({file.fd(), false}, kReadable).at(path));
  return file.finish().at(path);
}

}  // namespace foldersync
