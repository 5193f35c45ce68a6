// Proof that a staging folder, and what is written down in it, comes from a run that the state
// folder knows. Names, places, owners and modes prove nothing: who may write the folder above can
// give the name to another folder of the caller's own.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/hash.h"
#include "core/result.h"
#include "fs/file_system.h"

namespace foldersync {

// The secret of one staging folder, and of those that its run makes below the replica's root. It
// leaves the state folder for the memory of a run and for nothing else.
struct StagingKey {
  std::array<unsigned char, 32> secret{};

  // The names that such a folder may have, in the order in which they are tried.
  [[nodiscard]] std::array<std::string, 2> names() const;

  // The message authentication code of what was written for the purpose `kind`, a word.
  [[nodiscard]] std::string code(std::string_view kind, std::string_view message) const;

  friend bool operator==(const StagingKey&, const StagingKey&) = default;
};

// 64 hexadecimal digits, and back; nothing where the text is something else.
std::string to_string(const StagingKey& key);
std::optional<StagingKey> parse_staging_key(std::string_view text);

// Where a staging folder lies. One that was carried to another place proves nothing there.
struct StagingPlace {
  int home = -1;         // the directory that it is in, open
  std::string identity;  // of the replica
  std::string path;      // of `home` below the replica's root; empty: the root
};

// The name of the empty file whose presence in `folder` proves that it was made with the key, at
// that place. Where the file system tells incarnations, a copy of the folder has another one.
Result<std::string> proof_of(FileSystem& fs, const StagingPlace& place, int folder,
                             const StagingKey& key);

// The keys that a state folder keeps, by the identity of the replica.
class StagingKeys {
 public:
  virtual ~StagingKeys() = default;

  // Those of runs that have not ended, the oldest first. What can't be read is none.
  virtual std::vector<StagingKey> of(const std::string& identity) = 0;
  // Those, and the ones that are forgotten for the root: good for folders below it.
  virtual std::vector<StagingKey> below(const std::string& identity) = 0;

  // A new one; those that were forgotten are of no use any more. It is on disk, or a person is told
  // that nobody will go on from a kill.
  virtual StagingKey begin(const std::string& identity) = 0;

  // The run has removed the staging folder.
  virtual void end(const std::string& identity, const StagingKey& key) = 0;

  // There is no such folder in the root. One that turns up there later, taken away meanwhile, is
  // not believed: this is on disk when it returns, where the state can be written.
  virtual void forget(const std::string& identity, const StagingKey& key) = 0;
};

}  // namespace foldersync
