// Before anything is read or written, which is when the pool gets its size: hashing, fsync and reads of many
// clients share it, and four would wait for each other. The command line does the same.
process.env['UV_THREADPOOL_SIZE'] ??= '16';
