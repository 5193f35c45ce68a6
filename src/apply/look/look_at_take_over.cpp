// The part of a Looker that looks at files which the replica has under another path.
#include <string>
#include <utility>

#include "apply/look/look.h"
#include "fs/readable_entry.h"
#include "scan/local_tree.h"

namespace foldersync {

// As for a deletion: what the source has there as well, or the plan's rules protect, stays.
bool Looker::may_go_from(const RelPath& path, const FileStatus& file) {
  if (!context_.options.delete_excluded &&
      (is_excluded(path, false) || context_.filter.excludes_file(file))) {
    return false;
  }
  const auto wanted = source_status(path);
  if (!wanted) return false;
  if (!*wanted || !(*wanted)->is_file() || (*wanted)->size != file.size) return true;
  const TimeLimits& times = context_.policy.limits.times;
  return stored_as((*wanted)->mtime, times) != stored_as(file.mtime, times) ||
         context_.policy.checksum;
}

std::optional<FileStatus> Looker::file_to_take_over(const Action& action,
                                                    const LookResult& result) {
  const RelPath& from = *action.other;
  const auto found = replica_status(from);
  if (!found || !*found || !(*found)->is_file() || !result.source->is_file()) return std::nullopt;
  const FileStatus& file = **found;
  if (file.size == 0) return std::nullopt;
  const Policy& policy = context_.policy;
  // It brings the metadata that it has, and what is there keeps its own.
  if (result.replica && !policy.fields.are_all()) return std::nullopt;
  const Facts wanted = wanted_facts(as_wanted(*result.source, &file, policy), {}, &file, policy);
  if (!differences(wanted, found_facts(file, {}, policy), policy.limits).empty() ||
      !may_go_from(from, file)) {
    return std::nullopt;
  }
  return file;
}

bool Looker::is_like_source(const Action& action, const LookResult& result, const Place& place,
                            const FileStatus& status) {
  LocalDirectory staged(fs_, place.directory);
  const auto parent = source_parent(action.path);
  const auto ours = staged.open_entry(place.name.c_str());
  if (!parent || !ours) return false;
  const std::string source_name(action.path.name());
  if (context_.policy.limits.holds_xattrs) {
    const bool as_root = context_.policy.as_root;
    const auto source = (*parent)->open_entry(source_name.c_str());
    if (!source) return false;
    auto wanted = (*source)->xattrs(as_root);
    if (wanted && context_.policy.fields.no_perms) {
      const auto own = (*ours)->rights(as_root);
      if (own) *wanted = with_acls_of(std::move(*wanted), *own);
    }
    if (!wanted || !has_xattrs(**ours, std::move(*wanted), as_root)) return false;
  }
  const auto& md5 = action.after->md5;
  if (context_.follow_source && !md5) return true;
  DirectoryHashes none{CachedTree{}};
  const auto common = judge_.common_md5({*parent, source_name, *result.source}, none,
                                        {&staged, place.name, status}, none);
  return common && *common && (!md5 || *md5 == **common);
}

}  // namespace foldersync
