// One digest of all that a tree holds, the same on any machine and file system.
#pragma once

#include "core/hash.h"
#include "core/result.h"
#include "scan/directory_hashes.h"
#include "scan/inventory.h"

namespace foldersync {

// A Merkle tree over SHA-256 (R. Merkle, 1979): that of a directory is over the names of its
// entries, what they are, and the digests of what is below. docs/verify.md describes the byte form.
// Content counts by its MD5, which is taken from `hashes` where they are believed, else read.
// `inventory`: what takes part (admits), where to stop, and who is told what can't be read
// (problem); such a tree has no digest. Errors: kStopped, or the root can't be read.
Result<Sha256> digest_of(const ReadableTree& tree, const FileStatus& root, CachedTree hashes,
                         InventoryVisitor inventory);

}  // namespace foldersync
