"""Times in UTC as the logs have them, so that an operator can compare."""

DATE_FORMAT = "Y-m-d"
DATETIME_FORMAT = "Y-m-d H:i:s"
