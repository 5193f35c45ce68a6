#include "cli/console/scan_text.h"

#include "core/text.h"
#include "format/json_text.h"
#include "plan/facts.h"

namespace foldersync {
namespace {

bool is_device(FileType type) {
  return type == FileType::kCharDevice || type == FileType::kBlockDevice;
}

}  // namespace

std::string scan_text(const ScannedEntry& scanned) {
  const FileStatus& status = scanned.entry.status;
  std::string line = to_string(status.type);
  line.resize(7, ' ');
  line += " " + mode_text(status.mode) + " " + std::to_string(status.uid) + ":" +
          std::to_string(status.gid) + " " + std::to_string(status.is_file() ? status.size : 0) +
          " " + to_string(status.mtime);
  if (scanned.md5) line += " " + to_string(*scanned.md5);
  line += " " + escaped(scanned.entry.path.shown());
  if (scanned.target) line += " -> " + escaped(*scanned.target);
  return line + "\n";
}

// The fields of an entry stand in the plan document's order.
std::string scan_json(const ScannedEntry& scanned) {
  const FileStatus& status = scanned.entry.status;
  std::string line = "{";
  append_path(line, "path", scanned.entry.path);
  append_text(line, "type", to_string(status.type));
  if (status.is_file()) append_count(line, "size", status.size);
  append_text(line, "mtime", to_string(status.mtime));
  append_text(line, "mode", mode_text(status.mode));
  append_count(line, "uid", status.uid);
  append_count(line, "gid", status.gid);
  if (scanned.target) append_bytes(line, "target", *scanned.target);
  if (is_device(status.type)) append_text(line, "device", device_text(status.rdev));
  if (scanned.md5) append_text(line, "md5", to_string(*scanned.md5));
  if (!status.is_directory()) append_count(line, "links", status.links);
  return line + "}\n";
}

// A name with a newline, a carriage return or a backslash is escaped, and a backslash in front of
// the line says so. A terminal is also spared what would tell it what to do.
std::string scan_md5sum(const ScannedEntry& scanned, Reader reader) {
  const std::string& bytes = scanned.entry.path.bytes();
  std::string name;
  for (const char byte : bytes) {
    switch (byte) {
      case '\n':
        name += "\\n";
        break;
      case '\r':
        name += "\\r";
        break;
      case '\\':
        name += "\\\\";
        break;
      default:
        name += byte;
    }
  }
  if (reader == Reader::kTerminal) name = escaped(bytes);
  return (name != bytes ? "\\" : "") + to_string(*scanned.md5) + "  " + name + "\n";
}

}  // namespace foldersync
