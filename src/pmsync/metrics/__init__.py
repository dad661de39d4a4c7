"""What history says about flow. Pure: time is a parameter."""
