#include "planner/pair_planner.h"

#include <cerrno>
#include <utility>

#include "fs/stop.h"
#include "planner/attribute_comparer.h"
#include "planner/source_rules.h"

namespace foldersync {
namespace {

bool is_directory(const FileStatus* status) { return status != nullptr && status->is_directory(); }

bool writes_content(const Comparison& comparison, const FileStatus& source) {
  return source.is_file() &&
         (comparison.decision == Decision::kCreate || comparison.decision == Decision::kUpdate ||
          comparison.decision == Decision::kReplace);
}

bool takes_file_away(const Comparison& comparison, const FileStatus* replica) {
  return replica != nullptr && replica->is_file() &&
         (comparison.decision == Decision::kDelete || comparison.decision == Decision::kReplace);
}

// The file of one name on one side. `is_read`: what is remembered of it counts for nothing.
FileToRead file_of(const VisitedDirectory& side, std::string_view name, const FileStatus& status,
                   bool is_read) {
  FileToRead file{side.here, name, status};
  if (is_read) file.remembered = Remembered::kIsReadAgain;
  return file;
}

// What is known of files that were compared and not hashed.
Result<Likeness> likeness_of(const Result<bool>& same) {
  if (!same) return same.error();
  Likeness likeness;
  likeness.equal = *same;
  return likeness;
}

}  // namespace

PairPlanner::PairPlanner(const PlanningContext& context, const Spooling& spooling)
    : context_(context),
      judge_(context.stop),
      source_hashes_(context.source_hashes),
      replica_hashes_(context.replica_hashes),
      run_actions_(spooling.run_actions),
      runs_(spooling) {
  if (context.counts != nullptr) judge_.keep_pace(nullptr, &context.counts->read);
}

Status PairPlanner::visit(const VisitedPair& pair, std::vector<PairToVisit>& children) {
  has_other_spellings_ = false;
  source_hashes_.begin(pair.path);
  replica_hashes_.begin(pair.path);
  const auto unreadable = [&](Side side, const Error& error, std::string_view path) {
    findings_.add_problem(side, RelPath::from_bytes(path), error);
    findings_.kept.push_back(RelPath::from_bytes(pair.path));
  };
  if (pair.source.error != nullptr) {
    unreadable(Side::kSource, *pair.source.error, pair.path);
    findings_.unread_directories.push_back(RelPath::from_bytes(pair.path));
  }
  if (pair.replica.error != nullptr) unreadable(Side::kReplica, *pair.replica.error, pair.path);
  const auto local = rules_of_source(context_.options, pair);
  if (!local) {
    const std::string& rules = local.error().path;
    unreadable(Side::kSource, local.error(), rules.empty() ? pair.path : std::string_view(rules));
    findings_.unread_directories.push_back(RelPath::from_bytes(pair.path));
  }
  if (pair.source.here != nullptr && pair.source.self->mount_root && !pair.path.empty()) {
    const auto id = pair.source.here->file_system_id();
    findings_.source_mounts.push_back({std::string(pair.path), id ? *id : std::string()});
  }
  Recorder recorder(context_, pair, findings_);
  const std::uint64_t entries_before = findings_.source_entries + findings_.replica_entries;
  if (pair.source.error == nullptr && pair.replica.error == nullptr && local) {
    TRY(merge(pair, Admission(context_, pair, findings_, local->get()), recorder, children));
    if (*local != nullptr) {
      for (PairToVisit& child : children) child.handed_down = *local;
    }
  }
  if (context_.counts != nullptr) {
    context_.counts->entries +=
        findings_.source_entries + findings_.replica_entries - entries_before;
  }
  // What was not read since then is no problem of the trees.
  if (is_told_to_stop(context_.stop)) return heed(context_.stop, "compare");
  recorder.record_self();
  forget_missing_files(pair);
  return success();
}

// What the cache still has of files that are gone would stay there for ever otherwise. Where no
// hash was asked for and nothing goes, the cache is left in peace.
void PairPlanner::forget_missing_files(const VisitedPair& pair) {
  if (pair.source.self == nullptr) {
    source_hashes_.load();
    replica_hashes_.load();
  }
  if (pair.source.error == nullptr) source_hashes_.forget_missing(pair.source.names);
  const bool is_unread = pair.replica.self != nullptr && pair.replica.names == nullptr;
  if (!is_unread && !has_other_spellings_) replica_hashes_.forget_missing(pair.replica.names);
}

// An entry of a directory of our own, in which its owner may not look up names.
ListedEntry PairPlanner::look_again(ReadableDirectory& directory, const ListedEntry& entry) {
  directory.open_up();
  ListedEntry again = entry;
  const auto status = directory.status(entry.name.data());
  again.error_number = status ? 0 : status.error().error_number;
  if (status) again.status = *status;
  return again;
}

Status PairPlanner::merge(const VisitedPair& pair, Admission admission, Recorder& recorder,
                          std::vector<PairToVisit>& children) {
  EntryReader sources = pair.source.entries(Vanished::kTold);
  EntryReader replicas = pair.replica.entries();
  std::optional<OtherSpellings> spellings;  // where a side lacks a name
  const ListedEntry* source = sources.next();
  const ListedEntry* replica = replicas.next();
  while (source != nullptr || replica != nullptr) {
    if (is_told_to_stop(context_.stop)) return heed(context_.stop, "compare");
    const int order = source == nullptr    ? 1
                      : replica == nullptr ? -1
                                           : source->name.compare(replica->name);
    if (order != 0 && !spellings) spellings = find_other_spellings(pair, admission);
    const ListedEntry* const of_source = order <= 0 ? source : nullptr;
    const ListedEntry* of_replica = order >= 0 ? replica : nullptr;
    std::optional<ListedEntry> looked_at;
    if (of_replica != nullptr && of_replica->error_number == EACCES &&
        (of_source == nullptr || of_source->error_number == 0)) {
      looked_at = look_again(*pair.replica.here, *of_replica);
      of_replica = &*looked_at;
    }
    if (order == 0 || spell(pair, *spellings, of_source, of_replica)) {
      const auto named = TRY(admission.admit(of_source, of_replica));
      if (named) decide(pair, *named, recorder, children);
      if (sized_ < findings_.actions.size() && is_run_full()) TRY(end_run());
    }
    if (order <= 0) source = sources.next();
    if (order >= 0) replica = replicas.next();
  }
  return success();
}

// Gives a name that only the source lists what the replica has of it under another spelling; false
// where nothing is to be decided about the name. Requires: one of the two is null.
bool PairPlanner::spell(const VisitedPair& pair, const OtherSpellings& spellings,
                        const ListedEntry* source, const ListedEntry*& replica) {
  if (source == nullptr) {
    if (spellings.in_replica.contains(replica->name)) return false;
    if (spellings.is_unclear) findings_.kept.push_back(path_of(pair, replica->name));
    return !spellings.is_unclear;
  }
  if (spellings.without_room.contains(source->name)) {
    findings_.add_problem(Side::kReplica, path_of(pair, source->name),
                          system_error("hold beside another spelling of the name", EEXIST));
    return false;
  }
  const auto other = spellings.entries.find(source->name);
  if (other == spellings.entries.end()) return true;
  replica = &other->second;
  findings_.skipped.push_back({path_of(pair, source->name), "spelling"});
  has_other_spellings_ = true;
  return true;
}

// In a deep tree few actions take much memory.
bool PairPlanner::is_run_full() {
  constexpr std::size_t kMostBytes = std::size_t{8} << 20U;
  const std::vector<Action>& actions = findings_.actions;
  while (sized_ < actions.size()) run_bytes_ += actions[sized_++].path.bytes().size();
  return actions.size() >= run_actions_ || run_bytes_ >= kMostBytes;
}

Status PairPlanner::end_run() {
  sized_ = run_bytes_ = 0;
  finish_hashes();  // by the places of the actions
  return runs_.take(findings_.actions);
}

Result<ActionRuns> PairPlanner::take_runs() {
  TRY(end_run());
  return std::move(runs_);
}

bool PairPlanner::read_source_target(const VisitedPair& pair, const Named& named) {
  auto read = pair.source.here->target(named.name.data());
  if (!read) {
    findings_.add_problem(Side::kSource, path_of(pair, named.name), read.error());
    return false;
  }
  source_target_ = std::move(*read);
  return true;
}

// Where the file system keeps it back, its length decides.
bool PairPlanner::read_replica_target(const VisitedPair& pair, const Named& named) {
  auto read = pair.replica.here->target(named.name.data());
  const RelPath path = path_of(pair, named.name);
  const FileStatus& link = *named.replica;
  if (read) {
    replica_target_ = std::move(*read);
  } else if (is_kept_back(link, read.error())) {
    note_first(findings_.untold_target, path);
    const bool is_alike = named.source != nullptr && named.source->type == link.type &&
                          source_target_.size() == link.size;
    replica_target_ = is_alike ? source_target_ : kept_back_target(link);
  } else {
    findings_.add_problem(Side::kReplica, path, read.error());
    return false;
  }
  return true;
}

// Reads the targets that count; false where one can't be read and the name must be left alone.
bool PairPlanner::read_targets(const VisitedPair& pair, const Named& named, Seen* source,
                               Seen* replica) {
  const auto is_link = [](const FileStatus* status) {
    return status != nullptr && status->type == FileType::kSymlink;
  };
  if (is_link(named.source)) {
    if (!read_source_target(pair, named)) return false;
    source->target = source_target_;
  }
  if (is_link(named.replica)) {
    if (!read_replica_target(pair, named)) return false;
    replica->target = replica_target_;
  }
  return true;
}

// Turns kContentAsked into a decision; false where the source can't be read.
bool PairPlanner::ask_content(const VisitedPair& pair, const Named& named, Comparison& comparison,
                              KnownContent& content) {
  const FileToRead source = file_of(pair.source, named.name, *named.source, content.is_read);
  FileToRead replica = file_of(pair.replica, named.name, *named.replica, content.is_read);
  replica.leased = Leased::kFails;
  const Policy& policy = context_.policy;
  if (!comparison.reasons.has(Reason::kMtime) && !policy.checksum && !content.is_read &&
      !policy.limits.refuses_times) {
    findings_.asked_for_whole_seconds = true;
  }
  if (!late_.batch().has_room(named.source->size)) finish_hashes();
  const auto like =
      context_.names_equal_content || content.is_read
          ? judge_.compare(source, source_hashes_, replica, replica_hashes_, late_.batch())
          : likeness_of(judge_.hold_same(source, source_hashes_, replica, replica_hashes_));
  if (!like && !judge_.error_was_replica()) {
    decay().tell_unreadable(path_of(pair, named.name), *named.source, like.error(),
                            source_hashes_.remembered(source));
    return false;
  }
  if (!like && like.error().error_number == EAGAIN) {
    // Somebody works with it.
    findings_.add_problem(Side::kReplica, path_of(pair, named.name), like.error());
    return false;
  }
  if (like && like->md5) {
    decay().judge_equal(path_of(pair, named.name), *named.source, *like->md5,
                        source_hashes_.remembered(source), replica_hashes_.remembered(replica));
  }
  // A replica's file that can't be read is not known to be equal: it is written anew.
  if (like) content.common = like->md5;
  if (like && like->in_batch) {
    content.late = &late_.add({.directory = std::string(pair.path),
                               .name = std::string(named.name),
                               .source = *named.source,
                               .replica = *named.replica,
                               .read_at = like->read_at,
                               .source_remembered = like->source_remembered,
                               .replica_remembered = like->replica_remembered,
                               .action = {},
                               .linked = {}});
  }
  comparison = decide_by_content(comparison, like && like->equal);
  const bool went_bad =
      content.is_read && (like ? !like->equal && decay().is_decayed(replica, replica_hashes_)
                               : is_decay(like.error()));
  if (went_bad) comparison.reasons.add(Reason::kDecay);
  return true;
}

// Whether what the source's file holds can be written; with its MD5 where that was asked for.
bool PairPlanner::may_write(const VisitedPair& pair, const Named& named, KnownContent& content) {
  const FileToRead source = file_of(pair.source, named.name, *named.source, content.is_read);
  return decay().may_be_carried(path_of(pair, named.name), source, source_hashes_) &&
         (!context_.options.pin || pin(pair, named, content));
}

bool PairPlanner::pin(const VisitedPair& pair, const Named& named, KnownContent& content) {
  const FileToRead source = file_of(pair.source, named.name, *named.source, content.is_read);
  const auto md5 = judge_.md5(source, source_hashes_);
  if (md5) {
    content.pinned = *md5;
    return true;
  }
  decay().tell_unreadable(path_of(pair, named.name), *named.source, md5.error(),
                          source_hashes_.remembered(source));
  return false;
}

void PairPlanner::queue_below(const VisitedPair& pair, const Named& named,
                              std::vector<PairToVisit>& children) {
  const bool of_source = is_directory(named.source);
  const bool below_source = of_source && named.source_is_mirrored_below;
  // A directory of another file system that is left out protects what the replica has there.
  const bool below_replica =
      is_directory(named.replica) && (named.source_is_mirrored_below || !of_source);
  if (!below_source && !below_replica) return;
  PairToVisit child{.path = path_of(pair, named.name).bytes(),
                    .source = {},
                    .replica = {},
                    .replica_range = is_directory(named.replica) ? link_range_in(*named.replica)
                                                                 : pair.replica_range,
                    .source_is_left_out = named.source_is_left_out};
  if (below_source) child.source = *named.source;
  if (below_replica) child.replica = *named.replica;
  children.push_back(std::move(child));
}

bool PairPlanner::is_read(const VisitedPair& pair, const Named& named) {
  const bool reads_all = context_.options.reads_all();
  return reads_all || (context_.doubts != nullptr && decay().reads(path_of(pair, named.name)));
}

void PairPlanner::decide(const VisitedPair& pair, const Named& named, Recorder& recorder,
                         std::vector<PairToVisit>& children) {
  if (is_directory(named.source) && is_directory(named.replica) && named.source_is_mirrored_below) {
    // A directory of both trees decides about itself when it is visited.
    return queue_below(pair, named, children);
  }
  const bool both = named.source != nullptr && named.replica != nullptr;
  if (context_.doubts != nullptr && named.source != nullptr && named.source->is_file() &&
      decay().is_held(path_of(pair, named.name),
                      file_of(pair.source, named.name, *named.source, true), named.replica,
                      source_hashes_)) {
    return;
  }
  KnownContent content;
  content.is_read = is_read(pair, named);
  Seen source{
      named.source != nullptr ? recorder.wanted(*named.source, named.replica) : FileStatus{}, {}};
  Seen replica{named.replica != nullptr ? *named.replica : FileStatus{}, {}};
  if (!read_targets(pair, named, &source, &replica)) {
    if (named.replica != nullptr) findings_.kept.push_back(path_of(pair, named.name));
    return;
  }
  const Seen* of_source = named.source != nullptr ? &source : nullptr;
  const Seen* of_replica = named.replica != nullptr ? &replica : nullptr;
  Comparison comparison =
      compare(of_source, of_replica, content.is_read ? context_.reading_policy : context_.policy);
  if (comparison.decision == Decision::kDelete && named.source_is_left_out) {
    comparison.reasons = {Reason::kExcluded};
  }
  if (both) recorder.note_hidden(source.status, replica.status);
  if (comparison.decision == Decision::kContentAsked &&
      !ask_content(pair, named, comparison, content)) {
    return;
  }
  const AttributeComparer attributes(context_, findings_);
  if (both && attributes.are_asked(pair, named) &&
      (comparison.decision == Decision::kUnchanged || comparison.decision == Decision::kMetadata) &&
      !attributes.compare(pair, named, source.status, comparison)) {
    return;
  }
  if (comparison.decision == Decision::kMetadata &&
      attributes.are_linked_capabilities(pair, named)) {
    comparison.decision = Decision::kUpdate;
  }
  if (named.source != nullptr && writes_content(comparison, *named.source) &&
      !may_write(pair, named, content)) {
    return;
  }
  if (takes_file_away(comparison, named.replica)) {
    source_hashes_.load();  // it goes where the source lists no such file any more
    replica_hashes_.forget(named.name);
  }
  recorder.record(named, of_source, of_replica, comparison, content);
  // Only now that the name itself is decided: what is below follows from it.
  queue_below(pair, named, children);
}

}  // namespace foldersync
