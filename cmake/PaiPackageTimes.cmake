# Before packing: every file carries the same time, and none is writable by its group.
execute_process(COMMAND find "${CPACK_TEMPORARY_DIRECTORY}" -exec touch -h -d "@${CPACK_PAI_EPOCH}" {} + COMMAND_ERROR_IS_FATAL ANY)
