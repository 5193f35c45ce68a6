#include "call_trace.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdio>
#include <vector>

namespace call_stopper {
namespace {

constexpr std::size_t kLongestText = 4096;  // as in the kernel, for paths
constexpr std::uint64_t kPage = 4096;

bool read_memory(pid_t thread, std::uint64_t address, void* buffer, std::size_t size) {
  iovec local{buffer, size};
  // The address is a number of another process, never a pointer of this one.
  iovec remote{reinterpret_cast<void*>(address), size};  // NOLINT(performance-no-int-to-ptr)
  return process_vm_readv(thread, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(size);
}

// The text that ends with NUL at `address`; nothing for a null pointer and what can't be read.
std::optional<std::string> text_at(pid_t thread, std::uint64_t address) {
  std::string text;
  while (address != 0 && text.size() < kLongestText) {
    // Up to the end of the page: the next one may not be there.
    std::array<char, kPage> buffer{};
    const std::uint64_t count = kPage - address % kPage;
    if (!read_memory(thread, address, buffer.data(), count)) return std::nullopt;
    const std::string_view read(buffer.data(), count);
    const std::size_t end = read.find('\0');
    text += read.substr(0, end);
    if (end != read.npos) return text;
    address += count;
  }
  return std::nullopt;
}

std::optional<std::string> path_of(pid_t thread, std::uint64_t argument) {
  const int number = static_cast<int>(argument);
  if (number == AT_FDCWD) return std::nullopt;
  const std::string link = "/proc/" + std::to_string(thread) + "/fd/" + std::to_string(number);
  std::string target(kLongestText, '\0');
  const ssize_t length = readlink(link.c_str(), target.data(), target.size());
  if (length < 0) return "not open";
  target.resize(static_cast<std::size_t>(length));
  return target;
}

std::string quoted(const std::optional<std::string>& text) {
  if (!text) return "null";
  std::string said = "\"";
  for (const char letter : *text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\') {
      said += letter;
      continue;
    }
    std::array<char, 8> escape{};
    std::snprintf(escape.data(), escape.size(), "\\u%04x", byte);
    said += escape.data();
  }
  return said + '"';
}

using Texts = std::vector<std::optional<std::string>>;

void append(std::string& line, std::string_view member, const Texts& texts) {
  if (texts.empty()) return;
  line += ",\"" + std::string(member) + "\":";
  char before = '[';
  for (const auto& text : texts) {
    line += before + quoted(text);
    before = ',';
  }
  line += ']';
}

std::uint64_t flags_of_open_how(pid_t thread, std::uint64_t address) {
  open_how how{};
  return read_memory(thread, address, &how, sizeof(how)) ? how.flags : 0;
}

}  // namespace

std::string describe(pid_t thread, const FileCall& call, const Arguments& arguments) {
  Texts names;
  Texts dirs;
  Texts files;
  Texts texts;
  std::optional<std::uint64_t> flags;
  std::optional<std::string> directory;
  for (std::size_t i = 0; i < call.arguments.size(); ++i) {
    const std::uint64_t argument = arguments.at(i);
    switch (call.arguments[i]) {
      case 'd':
        directory = path_of(thread, argument);
        break;
      case 'n':
        names.push_back(text_at(thread, argument));
        dirs.push_back(directory);
        break;
      case 't':
        texts.push_back(text_at(thread, argument));
        break;
      case 'F':
        files.push_back(path_of(thread, argument));
        break;
      case 'f':
        flags = static_cast<std::uint32_t>(argument);
        break;
      case 'h':
        flags = flags_of_open_how(thread, argument);
        break;
      default:
        break;
    }
  }
  std::string line = "{\"call\":" + quoted(std::string(call.name));
  append(line, "names", names);
  append(line, "dirs", dirs);
  append(line, "files", files);
  append(line, "texts", texts);
  if (flags) line += ",\"flags\":" + std::to_string(*flags);
  return line + "}\n";
}

bool names_something_below(pid_t thread, const FileCall& call, const Arguments& arguments,
                           std::string_view prefix) {
  for (std::size_t i = 0; i < call.arguments.size(); ++i) {
    if (call.arguments[i] != 'n') continue;
    const auto name = text_at(thread, arguments.at(i));
    if (name && name->starts_with(prefix)) return true;
  }
  return false;
}

}  // namespace call_stopper
