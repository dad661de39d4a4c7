"""The YAML file as typed settings, with every mistake reported at once; secrets; where files live."""
