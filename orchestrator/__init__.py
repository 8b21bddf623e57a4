"""The jobs around the kernels of feedscore: load columns from Postgres, call a kernel, replace rows, record the run."""
