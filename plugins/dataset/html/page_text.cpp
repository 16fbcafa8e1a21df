// Gumbo parses as the HTML standard says, so markup that is broken is read as browsers read it. Its tree is
// walked and freed without recursion: a page may be nested deeply.
#include "plugins/dataset/html/page_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <memory>
#include <unordered_set>

#include <gumbo.h>

#include <gistmill/plugin/values.hpp>

#include "plugins/dataset/html/line_writer.hpp"

namespace gistmill::dataset {
namespace {

using Names = std::unordered_set<std::string_view>;

// What a browser does not show, or shows as no text.
const Names kHidden = {"head",     "script",   "style",  "template",   "noscript",      "iframe",
                       "noframes", "noembed",  "object", "svg",        "audio",         "video",
                       "canvas",   "datalist", "rp",     "annotation", "annotation-xml"};
// With an empty line before and behind.
const Names kParagraphs = {"p",  "h1", "h2", "h3",         "h4",    "h5", "h6",
                           "ul", "ol", "dl", "blockquote", "table", "hr", "pre"};
// On lines of their own.
const Names kBlocks = {"address", "article", "aside", "body",   "caption", "center",   "dd",
                       "details", "dialog",  "dir",   "div",    "dt",      "fieldset", "figcaption",
                       "figure",  "footer",  "form",  "header", "hgroup",  "legend",   "li",
                       "main",    "menu",    "nav",   "option", "search",  "section",  "summary",
                       "tbody",   "tfoot",   "thead", "title"};

// All that the parser allocated and did not free. Its own function for freeing a tree is recursive.
class Memory {
 public:
  ~Memory() {
    for (void* block : blocks_) std::free(block);
  }
  static void* allocate(void* self, std::size_t size) {
    void* block = std::malloc(size);
    static_cast<Memory*>(self)->blocks_.insert(block);
    return block;
  }
  static void release(void* self, void* block) {
    static_cast<Memory*>(self)->blocks_.erase(block);
    std::free(block);
  }

 private:
  std::unordered_set<void*> blocks_;
};

std::string name_of(const GumboElement& element) {
  if (element.tag != GUMBO_TAG_UNKNOWN) return gumbo_normalized_tagname(element.tag);
  GumboStringPiece piece = element.original_tag;
  gumbo_tag_from_original_text(&piece);
  std::string name(piece.data == nullptr ? "" : std::string(piece.data, piece.length));
  for (char& letter : name) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return name;
}

std::string_view attribute(const GumboElement& element, const char* name) {
  const GumboAttribute* found = gumbo_get_attribute(&element.attributes, name);
  return found == nullptr ? std::string_view() : found->value;
}

bool holds(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool is_selected(const GumboElement& element, const std::string& name, const Selectors& selectors) {
  if (holds(selectors.names, name) || holds(selectors.ids, attribute(element, "id"))) return true;
  std::string_view classes = attribute(element, "class");
  while (!selectors.classes.empty() && !classes.empty()) {
    const std::size_t end = std::min(classes.find_first_of(" \t\n\f\r"), classes.size());
    if (holds(selectors.classes, classes.substr(0, end))) return true;
    classes.remove_prefix(std::min(end + 1, classes.size()));
  }
  return false;
}

class Reader {
 public:
  explicit Reader(const Selectors& leave_out) : leave_out_(leave_out) {}

  // False where what the node holds is left out.
  bool enter(const GumboNode& node) {
    switch (node.type) {
      case GUMBO_NODE_TEXT:
      case GUMBO_NODE_WHITESPACE:
      case GUMBO_NODE_CDATA:
        lines_.text(node.v.text.text);
        return false;
      case GUMBO_NODE_ELEMENT:
        return open(node.v.element);
      default:
        return false;
    }
  }

  void leave(const GumboNode& node) {
    const std::string name = name_of(node.v.element);
    if (name == "pre") lines_.keep_lines(false);
    if (name == "tr") lines_.end_row();
    separate(name);
  }

  std::string take() { return lines_.take(); }

 private:
  bool open(const GumboElement& element) {
    const std::string name = name_of(element);
    if (kHidden.count(name) > 0 || gumbo_get_attribute(&element.attributes, "hidden") != nullptr ||
        is_selected(element, name, leave_out_))
      return false;
    if (name == "br") lines_.line_break();
    if (name == "td" || name == "th") lines_.cell();
    if (name == "tr") lines_.row();
    separate(name);
    if (name == "pre") lines_.keep_lines(true);
    return true;
  }

  void separate(const std::string& name) {
    if (kParagraphs.count(name) > 0) {
      lines_.separate(2);
    } else if (kBlocks.count(name) > 0) {
      lines_.separate(1);
    }
  }

  const Selectors& leave_out_;
  LineWriter lines_;
};

const GumboVector* children_of(const GumboNode& node) {
  return node.type == GUMBO_NODE_ELEMENT || node.type == GUMBO_NODE_TEMPLATE ? &node.v.element.children
                                                                             : nullptr;
}

void walk(const GumboNode& root, Reader& reader) {
  struct Place {
    const GumboNode* node;
    unsigned child;
  };
  if (!reader.enter(root)) return;
  std::vector<Place> path = {{&root, 0}};
  while (!path.empty()) {
    Place& place = path.back();
    const GumboVector* children = children_of(*place.node);
    if (children == nullptr || place.child == children->length) {
      reader.leave(*place.node);
      path.pop_back();
      continue;
    }
    const auto* child = static_cast<const GumboNode*>(children->data[place.child++]);
    if (reader.enter(*child)) path.push_back({child, 0});
  }
}

}  // namespace

Selectors selectors_of(const std::vector<std::string>& texts) {
  Selectors selectors;
  for (const std::string& text : texts) {
    const bool by_mark = text.starts_with('.') || text.starts_with('#');
    const std::string name = text.substr(by_mark ? 1 : 0);
    if (name.empty() || name.find_first_of(" .#>[]:,*") != std::string::npos) {
      throw Error(GM_ERROR_USER,
                  "'" + text + "' is no name (\"nav\"), class (\".headerlink\") or id (\"#footer\")",
                  "leave_out");
    }
    (text[0] == '.' ? selectors.classes : text[0] == '#' ? selectors.ids : selectors.names).push_back(name);
  }
  return selectors;
}

std::string page_text(std::string_view html, const Selectors& leave_out) {
  Memory memory;
  GumboOptions options = kGumboDefaultOptions;
  options.allocator = Memory::allocate;
  options.deallocator = Memory::release;
  options.userdata = &memory;
  options.max_errors = 0;
  const GumboOutput* page = gumbo_parse_with_options(&options, html.data(), html.size());
  Reader reader(leave_out);
  walk(*page->root, reader);
  return reader.take();
}

}  // namespace gistmill::dataset
