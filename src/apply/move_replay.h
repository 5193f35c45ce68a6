// The part of a replay that is about moves: what has another name, or is to get it.
#pragma once

#include "apply/metadata_replay.h"
#include "apply/mover.h"
#include "apply/record.h"
#include "apply/replica_access.h"

namespace foldersync {

// Every step looks first where the entry is: under its old path, its new one, or, where names are
// given by links, under both.
class MoveReplay {
 public:
  MoveReplay(FileSystem& fs, ReplicaAccess& access, Publisher& publisher, ReplayResult& result)
      : fs_(fs), access_(access), mover_(fs, access, publisher), result_(result) {}

  // Gives it its new path, or its old one. Requires: the action is a move, and its record is due.
  Status forward(const Action& action, const ActionRecord& record);
  Status backward(const Action& action, const ActionRecord& record);

 private:
  Status bring(const RelPath& here, const RelPath& there, const FileStatus& entry);

  FileSystem& fs_;
  ReplicaAccess& access_;
  Mover mover_;
  ReplayResult& result_;
};

}  // namespace foldersync
