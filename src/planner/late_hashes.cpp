#include "planner/late_hashes.h"

#include <span>

namespace foldersync {

void LateHashes::finish(Findings& findings, DecayCheck decay, DirectoryHashes& source,
                        DirectoryHashes& replica) {
  if (batch_.is_empty()) return;
  const std::span<const Md5> digests = batch_.finish();
  for (std::size_t i = 0; i < digests.size(); ++i) {
    const LateHash& file = files_[i];
    source.remember_in(file.directory, {nullptr, file.name, file.source},
                       {digests[i], file.read_at, file.source_remembered});
    replica.remember_in(file.directory, {nullptr, file.name, file.replica},
                        {digests[i], file.read_at, file.replica_remembered});
    decay.judge_equal(RelPath::from_bytes(file.directory).child(file.name), file.source, digests[i],
                      file.source_remembered, file.replica_remembered);
    const auto give = [&](auto& finding) {
      finding.before->md5 = digests[i];
      finding.after->md5 = digests[i];
    };
    if (file.action) give(findings.actions[*file.action]);
    if (file.linked) give(findings.linked[*file.linked]);
  }
  files_.clear();
}

}  // namespace foldersync
