// Having what is staged written to disk while more is staged, so that the barrier finds little to
// do.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "core/result.h"
#include "fs/file_system.h"

namespace foldersync {

class WriteBack {
 public:
  // `fd`: open on the file system in question, for as long as this lives.
  WriteBack(FileSystem& fs, int fd) : fs_(fs), fd_(fd) {}
  ~WriteBack() { (void)end(); }
  WriteBack(const WriteBack&) = delete;
  WriteBack& operator=(const WriteBack&) = delete;

  // One more file with so many bytes is complete. After every 64 MiB all is written, by a thread
  // that this makes; where there is none to be had, it waits for the barrier. Any thread.
  void staged(std::uint64_t bytes);

  // Nothing more is written early. An error: something could not be written, and the barrier, which
  // would find nothing left to do, must fail with it.
  Status end();

 private:
  void work();

  FileSystem& fs_;
  int fd_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t pending_ = 0;  // bytes staged since it was written last
  bool ends_ = false;
  Status status_ = success();
  std::thread thread_;
};

}  // namespace foldersync
