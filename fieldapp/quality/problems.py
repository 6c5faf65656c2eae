"""What can stand in the way of looking into a flag."""

from fieldapp.web.problems import Problem
from fieldapp.web.text import Text
