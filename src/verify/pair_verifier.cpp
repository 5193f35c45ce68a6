#include "verify/pair_verifier.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "fs/stop.h"
#include "planner/source_rules.h"

namespace foldersync {
namespace {

bool is_directory(const FileStatus* status) { return status != nullptr && status->is_directory(); }

std::string words(ReasonSet reasons) {
  std::string text;
  for (const std::string_view word : words_of(reasons)) {
    text += (text.empty() ? "" : ", ") + std::string(word);
  }
  return text;
}

constexpr const char* kDecayedDetail = "other content than remembered, with the same times";

}  // namespace

PairVerifier::PairVerifier(const PlanningContext& context, const VerifyRequest& request,
                           Frontier& frontier)
    : context_(context),
      is_alone_(request.trees.replica == nullptr),
      frontier_(frontier),
      judge_(context.stop),
      source_hashes_(context.source_hashes),
      replica_hashes_(context.replica_hashes) {
  judge_.read_past_cache();
  judge_.keep_pace(request.pace, request.read);
}

Verified PairVerifier::take() {
  finish_batch();
  const auto take_problems = [this](std::vector<Problem>& problems) {
    for (Problem& problem : problems) {
      const Sides side = problem.side == Side::kSource ? Sides::kSource : Sides::kReplica;
      (void)add_error(problem.path, side,
                      system_error(problem.doing.c_str(), problem.error_number));
    }
  };
  take_problems(admitted_.problems);
  verified_.bytes = judge_.bytes_read();
  verified_.bytes_perhaps_of_memory = judge_.bytes_perhaps_of_memory();
  return std::move(verified_);
}

void PairVerifier::add(const RelPath& path, Sides sides, Mismatch what, std::string detail) {
  verified_.findings.push_back({path, sides, what, std::move(detail)});
  if (what == Mismatch::kDecayed) hide_last();
}

// Only reading can tell what was added last.
void PairVerifier::hide_last() {
  verified_.findings.back().is_hidden = true;
  frontier_.count_finding();
}

// Of a file, or of a directory with all that is in it. An error ends the verification.
Status PairVerifier::add_error(const RelPath& path, Sides sides, const Error& error) {
  if (error.code == ErrorCode::kStopped) return error;
  const bool is_gone =
      error.error_number == ENOENT || error.error_number == ELOOP || error.error_number == ENOTDIR;
  if (error.code == ErrorCode::kChanged || is_gone) {
    add(path, sides, Mismatch::kEdited, "it changed while it was read");
  } else {
    const std::string why = error.detail.empty() ? std::strerror(error.error_number) : error.detail;
    add(path, sides, Mismatch::kUnreadable, std::string(error.operation) + ": " + why);
    if (is_decay(error)) hide_last();
  }
  return success();
}

void PairVerifier::count(const FileToRead& file, DirectoryHashes& hashes) {
  ++verified_.files;
  if (!hashes.remembered(file)) ++verified_.not_remembered;
}

Status PairVerifier::visit(const VisitedPair& pair, std::vector<PairToVisit>& children) {
  source_hashes_.begin(pair.path);
  replica_hashes_.begin(pair.path);
  const RelPath path = RelPath::from_bytes(pair.path);
  std::string last;
  Status done = frontier_.is_ahead(path) ? compare_directories(pair, path) : success();
  const auto local = rules_of_source(context_.options, pair);
  if (done && !local) {
    verified_.unread.push_back(path);
    done = add_error(path, Sides::kSource, local.error());
  } else if (done) {
    last = TreePosition::kItself;
    done = merge(pair, Admission(context_, pair, admitted_, local->get()), children, last);
    if (*local != nullptr) {
      for (PairToVisit& child : children) child.handed_down = *local;
    }
  }
  if (done) {
    frontier_.finish(path, children);
  } else {
    frontier_.leave(path, std::move(last));
  }
  return done;
}

Status PairVerifier::compare_directories(const VisitedPair& pair, const RelPath& path) {
  if (pair.source.error != nullptr) {
    verified_.unread.push_back(path);
    TRY(add_error(path, Sides::kSource, *pair.source.error));
  }
  if (pair.replica.error != nullptr) {
    verified_.unread.push_back(path);
    TRY(add_error(path, Sides::kReplica, *pair.replica.error));
  }
  if (!is_alone_ && pair.source.self != nullptr && pair.replica.self != nullptr) {
    const Seen source{as_wanted(*pair.source.self, pair.replica.self, context_.policy), {}};
    const Seen replica{*pair.replica.self, {}};
    const Comparison told = compare(&source, &replica, context_.policy);
    if (told.decision == Decision::kMetadata) {
      add(path, Sides::kBoth, Mismatch::kTouched, words(told.reasons));
    }
  }
  return success();
}

// `last`: the name behind which it was left, where it ends with an error.
Status PairVerifier::merge(const VisitedPair& pair, Admission admission,
                           std::vector<PairToVisit>& children, std::string& last) {
  const RelPath directory = RelPath::from_bytes(pair.path);
  EntryReader sources = pair.source.entries();
  EntryReader replicas = pair.replica.entries();
  const ListedEntry* source = sources.next();
  const ListedEntry* replica = replicas.next();
  while (source != nullptr || replica != nullptr) {
    TRY(heed(context_.stop, "verify"));
    const int order = source == nullptr    ? 1
                      : replica == nullptr ? -1
                                           : source->name.compare(replica->name);
    const auto named =
        TRY(admission.admit(order <= 0 ? source : nullptr, order >= 0 ? replica : nullptr));
    if (named) {
      if (frontier_.is_ahead(directory, named->name)) TRY(look_at(pair, *named));
      last = named->name;
      PairToVisit child{.path = path_of(pair, named->name).bytes(), .source = {}, .replica = {}};
      if (is_directory(named->source) && named->source_is_mirrored_below) {
        child.source = *named->source;
      }
      if (is_directory(named->replica)) child.replica = *named->replica;
      const bool is_there = child.source || child.replica;
      if (is_there && frontier_.leads_ahead(RelPath::from_bytes(child.path))) {
        children.push_back(std::move(child));
      }
    }
    if (order <= 0) source = sources.next();
    if (order >= 0) replica = replicas.next();
  }
  return success();
}

// All of one name but what is below it.
Status PairVerifier::look_at(const VisitedPair& pair, const Named& named) {
  const RelPath path = path_of(pair, named.name);
  const bool both = named.source != nullptr && named.replica != nullptr;
  const auto is_file = [](const FileStatus* status) {
    return status != nullptr && status->is_file();
  };
  if (is_file(named.source) || is_file(named.replica)) TRY(frontier_.take_file());
  if (both && named.source->is_file() && named.replica->is_file() &&
      named.source->size == named.replica->size) {
    return read_both(pair, named, path);
  }
  if (both && named.source->type == named.replica->type) {
    TRY(compare_entries(pair, named, path));
  } else if (both) {
    add(path, Sides::kBoth, Mismatch::kEdited, "another type");
  } else if (!is_alone_) {
    add(path, Sides::kBoth, Mismatch::kEdited,
        named.source == nullptr ? "only in the replica" : "only in the source");
    verified_.findings.back().is_alone = true;
  }
  if (named.source != nullptr && named.source->is_file()) {
    count({pair.source.here, named.name, *named.source}, source_hashes_);
    TRY(read_alone({Sides::kSource, pair.source, source_hashes_}, path,
                   {pair.source.here, named.name, *named.source}));
  }
  if (named.replica != nullptr && named.replica->is_file()) {
    count({pair.replica.here, named.name, *named.replica}, replica_hashes_);
    TRY(read_alone({Sides::kReplica, pair.replica, replica_hashes_}, path,
                   {pair.replica.here, named.name, *named.replica}));
  }
  return success();
}

// Of one type, which is no file, or files of two sizes. Directories compare themselves when they
// are visited.
Status PairVerifier::compare_entries(const VisitedPair& pair, const Named& named,
                                     const RelPath& path) {
  if (named.source->is_directory()) return success();
  std::string source_target;
  std::string replica_target;
  if (named.source->type == FileType::kSymlink) {
    auto of_source = pair.source.here->target(named.name.data());
    if (!of_source) return add_error(path, Sides::kSource, of_source.error());
    auto of_replica = pair.replica.here->target(named.name.data());
    if (!of_replica) return add_error(path, Sides::kReplica, of_replica.error());
    source_target = std::move(*of_source);
    replica_target = std::move(*of_replica);
  }
  const Seen source{as_wanted(*named.source, named.replica, context_.policy), source_target};
  const Seen replica{*named.replica, replica_target};
  const Comparison told = compare(&source, &replica, context_.policy);
  if (told.decision == Decision::kUnchanged) return success();
  const bool is_same = told.decision == Decision::kMetadata;
  add(path, Sides::kBoth, is_same ? Mismatch::kTouched : Mismatch::kEdited, words(told.reasons));
  return success();
}

// A file that the other side lacks, or has in another size or type.
Status PairVerifier::read_alone(const SideOfPair& side, const RelPath& path,
                                const FileToRead& file) {
  const CachedHash* const older = side.hashes.last(file.name);
  const std::optional<CachedHash> known = older ? std::optional(*older) : std::nullopt;
  if (known && known->stamp != stamp_of(file.status) && is_alone_) {
    return hold_against_older(side, path, file, *known);
  }
  const auto sound = TRY(soundness(side, path, file));
  if (sound == Soundness::kDecayed) add(path, side.side, Mismatch::kDecayed, kDecayedDetail);
  return success();
}

// A file that has changed since it was read last, which its times tell.
Status PairVerifier::hold_against_older(const SideOfPair& side, const RelPath& path,
                                        const FileToRead& file, const CachedHash& known) {
  const auto md5 = judge_.md5(file, side.hashes);
  if (!md5) return add_error(path, side.side, md5.error());
  const bool is_same = *md5 == known.md5;
  add(path, side.side, is_same ? Mismatch::kTouched : Mismatch::kEdited,
      is_same ? "the content that is remembered, with other times"
              : "other content than remembered, and other times");
  return success();
}

// Reads the file to its end. Nothing where it can't be read, which is told.
Result<std::optional<Soundness>> PairVerifier::soundness(const SideOfPair& side,
                                                         const RelPath& path,
                                                         const FileToRead& file) {
  auto sound = judge_.soundness(file, side.hashes);
  if (sound && *sound == Soundness::kUnknown) {
    if (const auto read = judge_.md5(file, side.hashes); !read) sound = read.error();
  }
  if (sound) return std::optional(*sound);
  TRY(add_error(path, side.side, sound.error()));
  return std::optional<Soundness>();
}

Status PairVerifier::read_both(const VisitedPair& pair, const Named& named, const RelPath& path) {
  const FileToRead source{pair.source.here, named.name, *named.source};
  const FileToRead replica{pair.replica.here, named.name, *named.replica};
  count(source, source_hashes_);
  count(replica, replica_hashes_);
  if (!batch_.has_room(source.status.size)) finish_batch();
  const auto like = judge_.compare(source, source_hashes_, replica, replica_hashes_, batch_);
  if (!like) {
    const bool was_replica = judge_.error_was_replica();
    TRY(add_error(path, was_replica ? Sides::kReplica : Sides::kSource, like.error()));
    return was_replica
               ? read_alone({Sides::kSource, pair.source, source_hashes_}, path, source)
               : read_alone({Sides::kReplica, pair.replica, replica_hashes_}, path, replica);
  }
  if (!like->equal) return tell_difference(path, source, replica);
  const Seen of_source{as_wanted(source.status, &replica.status, context_.policy), {}};
  const Seen of_replica{replica.status, {}};
  const ReasonSet reasons = compare(&of_source, &of_replica, context_.policy).reasons;
  if (!reasons.empty()) add(path, Sides::kBoth, Mismatch::kTouched, words(reasons));
  Waiting file{std::string(pair.path), std::string(named.name), source.status, replica.status,
               *like};
  if (like->in_batch) {
    waiting_.push_back(std::move(file));
  } else {
    file.likeness.source_remembered = source_hashes_.remembered(source);
    file.likeness.replica_remembered = replica_hashes_.remembered(replica);
    hold_against_memory(file, *like->md5);
  }
  return success();
}

// Files of one size that hold different bytes.
Status PairVerifier::tell_difference(const RelPath& path, const FileToRead& source,
                                     const FileToRead& replica) {
  const auto of_source = TRY(soundness({Sides::kSource, {}, source_hashes_}, path, source));
  const auto of_replica = TRY(soundness({Sides::kReplica, {}, replica_hashes_}, path, replica));
  if (of_source == Soundness::kDecayed)
    add(path, Sides::kSource, Mismatch::kDecayed, kDecayedDetail);
  if (of_replica == Soundness::kDecayed) {
    add(path, Sides::kReplica, Mismatch::kDecayed, kDecayedDetail);
  }
  if (source.status.mtime != replica.status.mtime) {
    add(path, Sides::kBoth, Mismatch::kEdited, "other content, and another time");
    return success();
  }
  if (of_source == Soundness::kSound && of_replica == Soundness::kSound) {
    add(path, Sides::kBoth, Mismatch::kEdited, "other content, as it is remembered of both");
  } else {
    add(path, Sides::kBoth, Mismatch::kUnknown,
        "other content, and too little is remembered to tell why");
  }
  hide_last();
  return success();
}

// Equal files: what each side remembers of its own. That both are equal is the second reading.
void PairVerifier::hold_against_memory(const Waiting& file, const Md5& md5) {
  const RelPath path = RelPath::from_bytes(file.directory).child(file.name);
  const auto is_other = [&md5](const std::optional<Md5>& known) { return known && *known != md5; };
  if (is_other(file.likeness.source_remembered)) {
    add(path, Sides::kSource, Mismatch::kDecayed, kDecayedDetail);
  }
  if (is_other(file.likeness.replica_remembered)) {
    add(path, Sides::kReplica, Mismatch::kDecayed, kDecayedDetail);
  }
}

void PairVerifier::finish_batch() {
  if (batch_.is_empty()) return;
  const std::span<const Md5> digests = batch_.finish();
  for (std::size_t i = 0; i < digests.size(); ++i) {
    const Waiting& file = waiting_[i];
    const FileTime read_at = file.likeness.read_at;
    source_hashes_.remember_in(file.directory, {nullptr, file.name, file.source},
                               {digests[i], read_at, file.likeness.source_remembered});
    replica_hashes_.remember_in(file.directory, {nullptr, file.name, file.replica},
                                {digests[i], read_at, file.likeness.replica_remembered});
    hold_against_memory(file, digests[i]);
  }
  waiting_.clear();
}

}  // namespace foldersync
