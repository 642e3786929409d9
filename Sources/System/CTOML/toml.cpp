#include "CTOML.h"

// Nothing here throws: release programs have no unwind tables (docs/decisions/0014).
#define TOML_EXCEPTIONS 0
// Some assertions of toml++ 3.3 stand before the very errors that it reports for such input ("[," ends the process there).
// They are left out, and not as with NDEBUG turned into promises to the compiler.
#undef NDEBUG
#define TOML_ASSERT(expression) static_assert(true)
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <cstdio>
#include <deque>
#include <string>
#include <string_view>

struct ctoml_document {
    // A deque keeps the strings in place while it grows, so that leaves may point into them.
    std::deque<std::string> strings;
    std::deque<ctoml_leaf> leaves;

    const char *keep(std::string text) {
        strings.push_back(std::move(text));
        return strings.back().c_str();
    }

    void flatten(const std::string &path, const toml::node &node);
};

void ctoml_document::flatten(const std::string &path, const toml::node &node) {
    if (const toml::table *table = node.as_table(); table && (!table->empty() || path.empty())) {
        for (auto &&[key, value] : *table) {
            std::string name(key.str());
            flatten(path.empty() ? name : path + "." + name, value);
        }
        return;
    }
    if (const toml::array *array = node.as_array(); array && !array->empty()) {
        size_t index = 0;
        for (auto &&value : *array) {
            flatten(path + "[" + std::to_string(index++) + "]", value);
        }
        return;
    }
    ctoml_leaf leaf = {};
    leaf.path = keep(path);
    leaf.line = node.source().begin.line;
    leaf.column = node.source().begin.column;
    if (const auto *string = node.as_string()) {
        leaf.kind = CTOML_STRING;
        leaf.string = keep(string->get());
        leaf.string_length = string->get().size();
    } else if (const auto *integer = node.as_integer()) {
        leaf.kind = CTOML_INTEGER;
        leaf.integer = integer->get();
    } else if (const auto *floating = node.as_floating_point()) {
        leaf.kind = CTOML_FLOAT;
        leaf.floating = floating->get();
    } else if (const auto *boolean = node.as_boolean()) {
        leaf.kind = CTOML_BOOLEAN;
        leaf.boolean = boolean->get() ? 1 : 0;
    } else if (node.is_array()) {
        leaf.kind = CTOML_EMPTY_ARRAY;
    } else if (node.is_table()) {
        leaf.kind = CTOML_EMPTY_TABLE;
    } else {
        leaf.kind = CTOML_OTHER;
    }
    leaves.push_back(leaf);
}

extern "C" ctoml_document *ctoml_parse(const char *text, size_t length, ctoml_error *error) {
    toml::parse_result result = toml::parse(std::string_view(text, length));
    if (!result) {
        const toml::parse_error &fault = result.error();
        error->line = fault.source().begin.line;
        error->column = fault.source().begin.column;
        std::string message(fault.description());
        std::snprintf(error->message, sizeof error->message, "%s", message.c_str());
        return nullptr;
    }
    auto *document = new ctoml_document();
    document->flatten("", result.table());
    return document;
}

extern "C" size_t ctoml_leaf_count(const ctoml_document *document) { return document->leaves.size(); }

extern "C" const ctoml_leaf *ctoml_leaf_at(const ctoml_document *document, size_t index) {
    return &document->leaves[index];
}

extern "C" void ctoml_free(ctoml_document *document) { delete document; }
