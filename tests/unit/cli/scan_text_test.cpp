#include "cli/console/scan_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/sysmacros.h>

#include <string>

namespace foldersync {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

ScannedEntry entry(FileType type, const std::string& path) {
  ScannedEntry scanned;
  if (!path.empty()) scanned.entry.path = RelPath(path);
  FileStatus& status = scanned.entry.status;
  status.type = type;
  status.mode = 0644;
  status.uid = 1000;
  status.gid = 100;
  status.mtime = {0, 5};
  return scanned;
}

TEST(ScanJson, AFileHasItsSizeItsDigestAndItsNumberOfNames) {
  ScannedEntry file = entry(FileType::kFile, "d/f");
  file.entry.status.size = 7;
  file.entry.status.links = 2;
  file.md5 = Md5{};
  EXPECT_EQ(scan_json(file),
            R"({"path":"d/f","type":"file","size":7,"mtime":"1970-01-01T00:00:00.000000005Z",)"
            R"("mode":"0644","uid":1000,"gid":100,"md5":"00000000000000000000000000000000",)"
            R"("links":2})"
            "\n");
}

TEST(ScanJson, ASizeThatNumbersDoNotHoldIsAString) {
  ScannedEntry file = entry(FileType::kFile, "f");
  file.entry.status.size = std::uint64_t{1} << 53U;
  EXPECT_THAT(scan_json(file), HasSubstr(R"("size":9007199254740992,)"));
  file.entry.status.size += 1;
  EXPECT_THAT(scan_json(file), HasSubstr(R"("size":"9007199254740993",)"));
}

TEST(ScanJson, TheFolderItselfIsADotAndHasNoNumberOfNames) {
  EXPECT_EQ(scan_json(entry(FileType::kDirectory, "")),
            R"({"path":".","type":"dir","mtime":"1970-01-01T00:00:00.000000005Z","mode":"0644",)"
            R"("uid":1000,"gid":100})"
            "\n");
}

TEST(ScanJson, ADeviceHasItsNumbers) {
  ScannedEntry device = entry(FileType::kCharDevice, "null");
  device.entry.status.rdev = makedev(1, 3);
  EXPECT_THAT(scan_json(device), HasSubstr(R"("device":"1:3","links":1})"));
  device.entry.status.type = FileType::kBlockDevice;
  EXPECT_THAT(scan_json(device), HasSubstr(R"("type":"block")"));
  EXPECT_THAT(scan_json(entry(FileType::kFifo, "f")), Not(HasSubstr("device")));
}

TEST(ScanJson, BytesThatAreNoTextAreToldInBase64Too) {
  ScannedEntry link = entry(FileType::kSymlink, "l\xff");
  link.target = "\xfe\x1b";
  EXPECT_THAT(scan_json(link), HasSubstr(R"("path":"l\ufffd","path_b64":"bP8=","type":"symlink")"));
  EXPECT_THAT(scan_json(link), HasSubstr(R"("target":"\ufffd\u001b","target_b64":"/hs=",)"));
}

TEST(Scan, ATargetThatCouldNotBeReadIsNotTold) {
  EXPECT_THAT(scan_json(entry(FileType::kSymlink, "l")), Not(HasSubstr("target")));
  EXPECT_THAT(scan_text(entry(FileType::kSymlink, "l")), EndsWith(" l\n"));
}

TEST(ScanMd5sum, ANameOfTwoLinesIsEscapedAndTheLineSaysSo) {
  ScannedEntry file = entry(FileType::kFile, "a\nb\\");
  file.md5 = Md5{};
  EXPECT_EQ(scan_md5sum(file, Reader::kProgram), "\\00000000000000000000000000000000  a\\nb\\\\\n");
  EXPECT_EQ(scan_md5sum(file, Reader::kTerminal),
            "\\00000000000000000000000000000000  a\\x0ab\\\\\n");
}

}  // namespace
}  // namespace foldersync
