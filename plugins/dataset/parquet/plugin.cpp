// dataset/parquet and dataset/parquet-ids as a plugin.
#include "plugins/dataset/parquet/parquet.hpp"

GISTMILL_PLUGIN(gistmill::component<gistmill::dataset::Parquet>("dataset/parquet")
                    .operation("next", &gistmill::dataset::Parquet::next),
                gistmill::component<gistmill::dataset::ParquetIds>("dataset/parquet-ids")
                    .operation("next", &gistmill::dataset::ParquetIds::next));
