// Which fields facts have. Their encoding in the store of actions, and through src/format their
// form in documents, the digest and in what people are shown, all follow from this list.
#pragma once

#include "plan/action.h"
#include "plan/field_table.h"

namespace foldersync {

// What a value stands for, which its type doesn't say. format/kinds.h has what follows from it.
namespace kind {
template <auto kWords>
struct Word;
struct Count;
struct Time;
struct Mode;
struct Small;
struct Bytes;
struct Device;
struct Md5Digits;
}  // namespace kind

// A member that is empty is a field that is absent.
struct FactsTable : FieldTable<DocumentField<"type", At<&Facts::type>, kind::Word<kFileTypes>>,
                               DocumentField<"size", At<&Facts::size>, kind::Count>,
                               DocumentField<"mtime", At<&Facts::mtime>, kind::Time>,
                               DocumentField<"mode", At<&Facts::mode>, kind::Mode>,
                               DocumentField<"uid", At<&Facts::uid>, kind::Small>,
                               DocumentField<"gid", At<&Facts::gid>, kind::Small>,
                               DocumentField<"target", At<&Facts::target>, kind::Bytes>,
                               DocumentField<"device", At<&Facts::device>, kind::Device>,
                               DocumentField<"md5", At<&Facts::md5>, kind::Md5Digits>,
                               DocumentField<"links", At<&Facts::links>, kind::Small>> {
  static constexpr const char* kTitle = "an entry";
};

}  // namespace foldersync
