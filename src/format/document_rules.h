// What the plan document asks of all that it holds together.
#pragma once

#include <string>

#include "core/result.h"
#include "format/schema.h"

namespace foldersync {

// The rule that a document which was read to its end breaks: header and actions that don't tell the
// same, growth that is not announced, a digest of something else. nullptr: none. Where that is no
// fault of the document, Draft::error is set.
const char* broken_document(Draft& draft);

// What is wrong, where that takes more than a literal.
const char* tell(Draft& draft, std::string why);

// The actions can't be kept.
const char* not_kept(Draft& draft, Error error);

}  // namespace foldersync
