// store/gists as a plugin.
#include "plugins/store/gists/store.hpp"

using gistmill::gists::GistStore;

GISTMILL_PLUGIN(gistmill::component<GistStore>("store/gists")
                    .operation("open", &GistStore::open)
                    .operation("document", &GistStore::document)
                    .operation("extend", &GistStore::extend)
                    .operation("append", &GistStore::append)
                    .operation("group", &GistStore::group)
                    .operation("append_group", &GistStore::append_group)
                    .operation("commit", &GistStore::commit)
                    .operation("close", &GistStore::close)
                    .operation("context", &GistStore::context)
                    .operation("describe_file", &GistStore::describe_file)
                    .operation("export_file", &GistStore::export_file));
